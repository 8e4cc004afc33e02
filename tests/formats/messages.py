"""HL7 v2 messages for the tests, built from parts so that each test shows only what it is about."""

MSH = r"MSH|^~\&|LIS|XX医院^123|YF|CDC|202611230815||{type}|M1|P|2.5.1||||||{charset}"
PID = "PID|1||P01^^^HIS^MR||张^三||19491231|F|||某街道1号^^北京市^^100000^^H^^110105||13800000000"


def message(*segments: str, type: str = "ORU^R01^ORU_R01", charset: str = "UNICODE UTF-8", pid: str = PID) -> bytes:
    """A message with MSH and PID in front of `segments`, its segments ended by CR, in the charset it names."""
    text = "\r".join((MSH.format(type=type, charset=charset), pid, *segments)) + "\r"
    return text.encode("gb18030" if "GB" in charset else "utf-8")


def laboratory(status: str = "F", results: tuple[str, ...] = ("F",), number: str = "F01") -> bytes:
    """A laboratory report of one order with a result for each state of `results`."""
    order = f"OBR|1|O01|{number}|HBV^乙肝五项^L|||202611230700|||||||||||||||202611230810|||{status}"
    observations = [f"OBX|{n}|ST|HBsAg^乙肝表面抗原^L||阳性(+)||阴性|A|||{state}" for n, state in enumerate(results, 1)]
    return message(order, *observations)

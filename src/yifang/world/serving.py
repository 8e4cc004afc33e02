"""An integration platform's WebService, as a hospital has one: a WSDL, and an operation that takes a stretch of time.

The answer is a text that holds XML, with a code of its own under HTTP 200, as such platforms give it. Written for plain
WSGI; where its rows come from is the caller's affair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

Rows = Callable[[datetime, datetime], Sequence[Mapping[str, str]]]
SPACE, OPERATION = "http://platform.hospital.example/reports", "QueryReports"
CLOCK = "%Y-%m-%d %H:%M:%S"
_WSDL = """<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
  xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:tns="{space}" targetNamespace="{space}">
  <wsdl:types><xs:schema targetNamespace="{space}" elementFormDefault="qualified">
    <xs:element name="{operation}"><xs:complexType><xs:sequence>
      <xs:element name="token" type="xs:string" minOccurs="0"/>
      <xs:element name="startTime" type="xs:string"/><xs:element name="endTime" type="xs:string"/>
    </xs:sequence></xs:complexType></xs:element>
    <xs:element name="{operation}Response"><xs:complexType><xs:sequence>
      <xs:element name="{operation}Result" type="xs:string" minOccurs="0"/>
    </xs:sequence></xs:complexType></xs:element>
  </xs:schema></wsdl:types>
  <wsdl:message name="In"><wsdl:part name="parameters" element="tns:{operation}"/></wsdl:message>
  <wsdl:message name="Out"><wsdl:part name="parameters" element="tns:{operation}Response"/></wsdl:message>
  <wsdl:portType name="Reports"><wsdl:operation name="{operation}">
    <wsdl:input message="tns:In"/><wsdl:output message="tns:Out"/>
  </wsdl:operation></wsdl:portType>
  <wsdl:binding name="ReportsSoap" type="tns:Reports">
    <soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="{operation}"><soap:operation soapAction="{space}/{operation}" style="document"/>
      <wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output>
    </wsdl:operation>
  </wsdl:binding>
  <wsdl:service name="ReportService"><wsdl:port name="ReportsSoap" binding="tns:ReportsSoap">
    <soap:address location="{address}"/>
  </wsdl:port></wsdl:service>
</wsdl:definitions>"""
_ENVELOPE = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>{}</soap:Body></soap:Envelope>'
)
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


class Service:
    """The WSGI application. `token` is what a caller must send, empty for none."""

    def __init__(self, rows: Rows, token: str = "") -> None:
        self._rows, self._token = rows, token

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "GET":
            address = f"http://{environ['HTTP_HOST']}{environ['PATH_INFO']}"
            body = _WSDL.format(space=SPACE, operation=OPERATION, address=address)
            return _answer(start_response, "200 OK", body)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > 1_000_000:
            return _answer(start_response, "413 Content Too Large", "")
        try:
            root = etree.fromstring(environ["wsgi.input"].read(length), _PARSER)
            given = {str(etree.QName(one).localname): (one.text or "").strip() for one in root.iter() if not len(one)}
            lower, upper = (datetime.strptime(given[name], CLOCK) for name in ("startTime", "endTime"))
        except (etree.XMLSyntaxError, KeyError, ValueError):
            fault = "<soap:Fault><faultcode>soap:Client</faultcode><faultstring>参数错误</faultstring></soap:Fault>"
            return _answer(start_response, "500 Internal Server Error", _ENVELOPE.format(fault))
        if given.get("token", "") != self._token:
            return self._result(start_response, "-1", "令牌无效", [])
        return self._result(start_response, "0", "成功", self._rows(lower, upper))

    def _result(
        self, start_response: Callable[..., Any], code: str, message: str, rows: Sequence[Mapping[str, str]]
    ) -> Iterable[bytes]:
        lines = "".join(
            f"<Report>{''.join(f'<{name}>{escape(value)}</{name}>' for name, value in one.items() if value)}</Report>"
            for one in rows
        )
        head = f"<Head><Code>{code}</Code><Message>{message}</Message></Head>"
        inner = f"<Response>{head}<Body>{lines}</Body></Response>"
        result = f"<{OPERATION}Result>{escape(inner)}</{OPERATION}Result>"
        body = f'<{OPERATION}Response xmlns="{SPACE}">{result}</{OPERATION}Response>'
        return _answer(start_response, "200 OK", _ENVELOPE.format(body))


def _answer(start_response: Callable[..., Any], status: str, body: str) -> Iterable[bytes]:
    data = body.encode()
    start_response(status, [("Content-Type", "text/xml; charset=utf-8"), ("Content-Length", str(len(data)))])
    return [data]

// Sends the messages of a JSON list on standard input over one MLLP connection, all at once, and prints MSA-1 of each
// answer as a JSON list. A client in another language than ours, with nothing but Node.js's own net.
const net = require("net");
const messages = JSON.parse(require("fs").readFileSync(0, "utf8"));
const answers = [];
let rest = Buffer.alloc(0);
const socket = net.connect(Number(process.argv[2]), "127.0.0.1", () => {
  for (const message of messages) socket.write(`\x0b${message}\x1c\r`);
});
socket.setTimeout(30000, () => socket.destroy(new Error("no answer")));
socket.on("error", (error) => { console.error(error.message); process.exit(1); });
socket.on("data", (data) => {
  rest = Buffer.concat([rest, data]);
  for (let end; (end = rest.indexOf(0x1c)) >= 0; rest = rest.subarray(end + 2)) {
    answers.push(/MSA\|(\w\w)/.exec(rest.subarray(0, end).toString())[1]);
  }
  if (answers.length === messages.length) { console.log(JSON.stringify(answers)); socket.end(); }
});

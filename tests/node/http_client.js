// Posts each body of a JSON list on standard input to a URL with a key, sends it again until it is answered 200 or 201,
// and prints the outcome of every record of the last answers as a JSON list. Nothing but Node.js's own fetch.
const [url, key] = process.argv.slice(2);
const bodies = JSON.parse(require("fs").readFileSync(0, "utf8"));
const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

async function send(body) {
  const deadline = Date.now() + 90000;
  while (Date.now() < deadline) {
    try {
      const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
      const told = await answer.json();
      if (answer.ok) return told.results.map((one) => one.status);
      if (answer.status < 500) throw new Error(`${answer.status} ${told.detail}`);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error; // refused or cut off: again
    }
    await wait(200);
  }
  throw new Error("no answer");
}

(async () => {
  const outcomes = [];
  for (const body of bodies) outcomes.push(...(await send(body)));
  console.log(JSON.stringify(outcomes));
})().catch((error) => { console.error(error.message); process.exit(1); });

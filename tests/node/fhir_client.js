// Sends each Bundle of a JSON list on standard input to a FHIR server with a key, by fhir-kit-client from npm, and prints
// the status of every entry of the answers as a JSON list.
const [base, key, modules] = process.argv.slice(2);
const { join } = require("path");
const { pathToFileURL } = require("url");
const bundles = JSON.parse(require("fs").readFileSync(0, "utf8"));

// An ES module: where its package says it begins, for it lies outside the folders that Node.js would look in.
async function library() {
  const folder = join(modules, "fhir-kit-client");
  const { exports: offered, main } = JSON.parse(require("fs").readFileSync(join(folder, "package.json"), "utf8"));
  const named = offered && (offered["."] || offered);
  const begins = (named && (named.import || named.default || named)) || main;
  const found = await import(pathToFileURL(join(folder, begins.default || begins)));
  return found.default || found.Client;
}

(async () => {
  const Client = await library();
  const client = new Client({ baseUrl: base, customHeaders: { Authorization: `Bearer ${key}` } });
  const told = await client.capabilityStatement();
  const outcomes = [told.fhirVersion];
  for (const body of bundles) {
    const answer = await client.transaction({ body });
    outcomes.push(...answer.entry.map((one) => one.response.status));
  }
  console.log(JSON.stringify(outcomes));
})().catch((error) => { console.error(error.response ? JSON.stringify(error.response.data) : error); process.exit(1); });

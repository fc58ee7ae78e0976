// make postman: the Postman collection of the API, from its OpenAPI document, and an environment to fill in. With EMAIL it
// also writes the environment of ENV with its addresses.
import { writeFileSync } from "node:fs";
import { readOutputs } from "#deployment/outputs.ts";
import { main } from "#deployment/progress.ts";
import { apiDocument } from "../api-types/document.ts";
import { environmentOf } from "./environment.ts";
import { collectionFile, emptyEnvironmentFile, postmanFiles } from "./files.ts";

await main(async () => {
	for (const [file, text] of Object.entries(postmanFiles(await apiDocument()))) writeFileSync(file, text);
	console.log(`Wrote ${collectionFile} and ${emptyEnvironmentFile}.`);
	const { ENV: environment = "local", EMAIL: email } = process.env;
	if (!email) return;
	const file = `.postman-${environment}.json`;
	const filled = environmentOf(environment, await readOutputs(environment), email);
	writeFileSync(file, `${JSON.stringify(filled, null, "\t")}\n`, { mode: 0o600 });
	console.log(`Wrote ${file}: import it, and fill in the password.`);
});

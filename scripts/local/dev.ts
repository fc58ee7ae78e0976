// make dev: runs the whole system on this machine, in the foreground.
import { existsSync, mkdirSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { cdkLocal, lockState } from "#cdk-local/index.ts";
import { CollectionsClient } from "#client/index.ts";
import { type Outputs, readOutputs, writeOutputsFile } from "#deployment/outputs.ts";
import { main, step } from "#deployment/progress.ts";
import { ensureUser, signIn } from "#deployment/users.ts";
import {
	apiPort,
	demoLogin,
	demoPasswords,
	demoUsers,
	invoke,
	localAssembly,
	localClient,
	localDirectory,
	operatorOf,
	providerSecrets,
	synthesize,
} from "#tools/local/local-environment.ts";
import { drawSampleImages } from "#tools/samples/sample-images.ts";
import { buildWeb, webFolder } from "../web/build-web.ts";
import { deployWeb } from "../web/deploy-web.ts";

const samplesMarker = `${localDirectory}/samples-uploaded`;
const readyFile = `${localDirectory}/ready.txt`;

await main(async () => {
	const port = apiPort();
	const started = performance.now();
	console.log("Collections, environment local\n");
	const unlock = lockLocalDirectory();
	await rm(readyFile, { force: true });
	const { parameters, machine } = await providerSecrets();
	await step("synthesize templates, bundles", async () => {
		// Otherwise the folder would keep the assets of every earlier build.
		await rm(localAssembly, { recursive: true, force: true });
		await synthesize(localAssembly, machine);
	});
	const cloud = await step("start local cloud", () =>
		cdkLocal({
			assembly: localAssembly,
			stateDir: localDirectory,
			port,
			unlock,
			parameters,
			databaseUrl: process.env.DATABASE_URL,
			log: (line) => console.log(line),
		}),
	);
	for (const signal of ["SIGINT", "SIGTERM"] as const) {
		process.once(signal, () => void cloud.stop().then(() => process.exit(0)));
	}
	try {
		await writeOutputsFile("local", cloud.outputs);
		const outputs = await readOutputs("local");
		const operator = await operatorOf(localDirectory);
		await step("apply migrations", () => invoke(outputs, operator, outputs.MigrationFunctionName));
		const passwords = await demoPasswords();
		await step("create users", async () => {
			for (const email of demoUsers) {
				await ensureUser(outputs, operator, email, passwords[email] ?? "");
			}
		});
		if (outputs.WebUrl) {
			const site = { client: localClient(outputs, operator), outputs, demo: await demoLogin() };
			await step("build and upload the web app", async () => {
				await buildWeb();
				await deployWeb(webFolder, site);
			});
		}
		const [demo] = demoUsers;
		const session = await signIn(outputs, demo, passwords[demo] ?? "");
		const client = new CollectionsClient({ apiUrl: outputs.ApiUrl, session });
		if (!existsSync(samplesMarker)) {
			await step("upload sample images", (update) => uploadSamples(client, update));
			await writeFile(samplesMarker, "");
		}
		const seconds = ((performance.now() - started) / 1000).toFixed(1);
		const text = banner(outputs, demo, passwords);
		await writeFile(readyFile, text, { mode: 0o600 });
		console.log(`\nReady in ${seconds} s.\n\n${text}`);
	} catch (error) {
		await cloud.stop();
		throw error;
	}
});

/** Locks the folder before anything is written there: a second start at the same time must fail. */
function lockLocalDirectory(): () => void {
	mkdirSync(localDirectory, { recursive: true, mode: 0o700 });
	const unlock = lockState(localDirectory);
	process.once("exit", unlock);
	return unlock;
}

async function uploadSamples(client: CollectionsClient, update: (done: number, total: number) => void): Promise<void> {
	const samples = await drawSampleImages();
	const uploaded = await Promise.all(
		samples.map(({ filename, bytes }) => client.upload(filename, new Uint8Array(bytes))),
	);
	let done = 0;
	update(done, uploaded.length);
	for (const { id, original_filename } of uploaded) {
		const { status, error } = await client.settled(id, 120);
		if (status !== "ready") {
			throw new Error(`Sample ${original_filename} failed: ${error?.detail}`);
		}
		update(++done, uploaded.length);
	}
}

function banner({ ApiUrl, WebUrl }: Outputs, demo: string, passwords: Record<string, string>): string {
	const api = ApiUrl.replace(/\/$/, "");
	const portNote = process.env.PORT ? `PORT=${process.env.PORT} ` : "";
	const users = Object.entries(passwords)
		.map(([email, password]) => `  ${email.padEnd(20)} ${password}`)
		.join("\n");
	return `${WebUrl ? `  App    ${WebUrl}\n` : ""}  API    ${api}
  Docs   ${api}/docs

  Login
${users}

  Try it in another terminal:

  TOKEN=$(${portNote}make -s token ENV=local EMAIL=${demo})
  curl -s ${api}/search -H "Authorization: Bearer $TOKEN" \\
    -H 'Content-Type: application/json' -d '{"query": "boarding pass"}'
`;
}

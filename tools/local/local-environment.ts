import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseEnv, promisify } from "node:util";
import { filesOf } from "#ai/onnx/model-folder.ts";
import { baseUrlVariable, keyedProviders, keyParameter, keyVariable } from "#ai/providers.ts";
import type { ClientSettings } from "#deployment/client-settings.ts";
import { invokeFunction } from "#deployment/invoke-function.ts";
import type { Outputs } from "#deployment/outputs.ts";
import type { AwsCredentials } from "#deployment/users.ts";
import type { LocalMachine } from "#lib/read-environment.ts";

/** Holds everything of the local environment; `make dev-reset` deletes it. */
export const localDirectory = ".local";
export const localAssembly = `${localDirectory}/cdk.out`;
export const localUsersFile = `${localDirectory}/users.json`;

export const demoUsers = ["demo@example.com", "other@example.com"] as const;

/** Returns the API's port: `PORT`, or 3000. */
export function apiPort(): number {
	const port = Number(process.env.PORT || 3000);
	if (!Number.isInteger(port) || port < 1 || port > 65535) {
		throw new Error(`PORT is ${process.env.PORT}: set it to a port from 1 to 65535.`);
	}
	return port;
}

/** The AI providers that `.env` sets: environment `local` uses those with a key. */
export interface ProviderSecrets {
	/** API keys by the name of their parameter in Parameter Store. */
	parameters: Record<string, string>;
	/** Context of the templates: which providers to use. */
	machine: Required<Pick<LocalMachine, "providerUrls">> &
		Pick<LocalMachine, "onnxFolder" | "openaiServer"> & { keys: string[] };
}

const noSecrets = { keys: [], providerUrls: {} };

/** Reads the keys from `.env`; returns none where the file is missing. The variables of a server may also be the shell's. */
export async function providerSecrets(
	file = ".env",
	shell: Readonly<Record<string, string | undefined>> = process.env,
): Promise<ProviderSecrets> {
	const text = await readFile(file, "utf8").catch((error) => {
		if (error.code === "ENOENT") return "";
		throw error;
	});
	const set = parseEnv(text);
	const found: ProviderSecrets = {
		parameters: {},
		machine: { keys: [], providerUrls: {} },
	};
	for (const provider of keyedProviders) {
		const key = set[keyVariable(provider)]?.trim();
		const url = set[baseUrlVariable(provider)]?.trim();
		if (key) {
			found.parameters[keyParameter("local", provider)] = key;
			found.machine.keys.push(provider);
		}
		if (url && provider !== "openai") found.machine.providerUrls[provider] = url;
	}
	const server = openaiServer((name) => shell[name]?.trim() || set[name]?.trim());
	if (server) found.machine.openaiServer = server;
	const onnxFolder = set.ONNX_FOLDER?.trim();
	if (onnxFolder) {
		found.machine.onnxFolder = path.resolve(onnxFolder);
		filesOf(found.machine.onnxFolder); // throws before anything starts
	}
	return found;
}

/** Returns the setting `openaiServer`; null without an address. A model that describes also answers, if no other is named. */
function openaiServer(read: (name: string) => string | undefined): object | null {
	const url = read("OPENAI_BASE_URL");
	if (!url) return null;
	const vision = read("OPENAI_MODEL");
	const chat = read("OPENAI_CHAT_MODEL") ?? vision;
	const embedding = read("OPENAI_EMBEDDING_MODEL");
	const timeout = read("OPENAI_TIMEOUT_SECONDS");
	return {
		url,
		models: { ...(vision && { vision }), ...(chat && { chat }), ...(embedding && { embedding }) },
		...(timeout && { timeoutSeconds: Number(timeout) }),
	};
}

/** For tests, benches and evaluations, whose one user does in a minute what people do in an hour. Writes keep their limit. */
export const busyLimits = {
	requestsPerMinute: { read: 30_000, upload: 3_000, search: 3_000, expensive: 3_000, share: 30_000 },
	parallelExpensive: 10,
};

/** Builds the bundles and writes the templates of environment `local`, as `cdk synth` does. */
export async function synthesize(assembly: string, machine: LocalMachine = noSecrets): Promise<void> {
	try {
		await promisify(execFile)(process.execPath, ["bin/collections.ts"], {
			maxBuffer: 64 * 1024 * 1024,
			env: {
				...process.env,
				CDK_OUTDIR: path.resolve(assembly),
				CDK_CONTEXT_JSON: JSON.stringify({ env: "local", machine }),
			},
		});
	} catch (error) {
		const { stderr, stdout } = error as { stderr: string; stdout: string };
		throw new Error(`The local templates could not be synthesized:\n${stdout}${stderr}`, { cause: error });
	}
}

/** Invokes a function and returns its answer. @throws with the function's own error */
export async function invoke(
	outputs: Outputs,
	credentials: AwsCredentials,
	functionName: string,
	event: object = {},
): Promise<unknown> {
	return invokeFunction(localClient(outputs, credentials), functionName, event);
}

/** Configures SDK clients for the local cloud. */
export function localClient(outputs: Outputs, credentials: AwsCredentials): ClientSettings {
	const { Region: region, AwsEndpointUrl: endpoint } = outputs;
	return { region, ...(endpoint && { endpoint }), credentials };
}

/** Reads the operator's keys, which act as an administrator of the account. */
export async function operatorOf(stateDir: string): Promise<AwsCredentials> {
	return JSON.parse(await readFile(path.join(stateDir, "operator.json"), "utf8"));
}

/** Returns the demo users' passwords, which the first call generates. */
export async function demoPasswords(): Promise<Record<string, string>> {
	try {
		return JSON.parse(await readFile(localUsersFile, "utf8"));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
	}
	const { randomBytes } = await import("node:crypto");
	const passwords = Object.fromEntries(
		// The suffix has every character class that a password policy may require.
		demoUsers.map((email) => [email, `${randomBytes(9).toString("hex")}-Aa1`]),
	);
	await mkdir(localDirectory, { recursive: true });
	await writeFile(localUsersFile, JSON.stringify(passwords, null, 2), {
		mode: 0o600,
	});
	return passwords;
}

/** Returns the demo user's login, which the app of `local` offers. */
export async function demoLogin(): Promise<{ email: string; password: string }> {
	const [email] = demoUsers;
	return { email, password: (await demoPasswords())[email] ?? "" };
}

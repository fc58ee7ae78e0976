import { readFile } from "node:fs/promises";
import { parseEnv } from "node:util";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { keyedProviders, keyParameter, keyVariable } from "#ai/providers.ts";
import type { Target } from "../environment/target.ts";

interface ProviderKey {
	/** The name in `.env`, such as `ANTHROPIC_API_KEY`. */
	variable: string;
	/** The name in Parameter Store, such as `/collections/dev/anthropic-api-key`. */
	parameter: string;
}

export const providerKeys = ({ name }: Pick<Target, "name">): ProviderKey[] =>
	keyedProviders.map((provider) => ({
		variable: keyVariable(provider),
		parameter: keyParameter(name, provider),
	}));

/** Reads the keys from Parameter Store, by parameter. */
export async function storedKeys(target: Target): Promise<Map<string, string>> {
	const { Parameters = [] } = await new SSMClient(target.client).send(
		new GetParametersCommand({
			Names: providerKeys(target).map(({ parameter }) => parameter),
			WithDecryption: true,
		}),
	);
	return new Map(Parameters.map(({ Name = "", Value = "" }) => [Name, Value] as const));
}

/** Reads the keys that a file sets, by variable. @throws if there is no such file */
export async function keysInFile(file: string): Promise<Map<string, string>> {
	const text = await readFile(file, "utf8").catch((cause) => {
		if (cause.code !== "ENOENT") throw cause;
		throw new Error(`There is no ${file}: cp .env.example ${file}, and fill in the keys you have.`, { cause });
	});
	return new Map(
		Object.entries(parseEnv(text)).flatMap(([name, value]) => (value?.trim() ? [[name, value.trim()] as const] : [])),
	);
}

import { readFile, rename, writeFile } from "node:fs/promises";
import { z } from "zod";
import { queueFunctions } from "#core/pipeline/stages.ts";

/** The output that names each function, by its folder in `lambdas/`. */
export const functionOutputs: Readonly<Record<string, string>> = {
	api: "ApiFunctionName",
	stream: "StreamFunctionName",
	...Object.fromEntries(queueFunctions.map(({ lambda, id }) => [lambda, `${id}FunctionName`])),
	cleanup: "CleanupFunctionName",
	migrate: "MigrationFunctionName",
	/** Only where Cognito asks a function before it creates an account. */
	"pre-sign-up": "PreSignUpFunctionName",
};

/** A value that an environment may lack, or that only some scripts need. */
const optional = z.string().nullish();

/** The flattened outputs of the stacks, without any secret. Scripts, tests and clients find an environment by them. */
const outputsFile = z.looseObject({
	Environment: z.string(),
	Region: z.string(),
	ApiUrl: z.string(),
	/** The REST API of streamed answers. */
	StreamUrl: optional,
	UserPoolId: z.string(),
	UserPoolClientId: z.string(),
	WebClientId: optional,
	CliClientId: z.string(),
	/** The client by which people sign in for their agents; null where there are no hosted pages. */
	McpClientId: optional,
	/** The hosted pages on the way to Google; null where people sign in with a password alone. */
	GoogleSignInUrl: optional,
	CognitoEndpoint: z.string(),
	/** Codes of authenticator apps: `off`, `optional` or `required`. */
	SecondFactor: optional,
	BucketName: z.string(),
	CheckpointTableName: optional,
	EventBusName: optional,
	DatabaseEndpoint: z.string(),
	DatabaseName: z.string(),
	DatabaseSecretArn: z.string(),
	CleanupFunctionName: z.string(),
	MigrationFunctionName: z.string(),
	FailedRotationQueueUrl: optional,
	DeadLetterQueueUrls: optional,
	DashboardName: optional,
	BastionInstanceId: optional,
	/** Null on AWS, whose addresses the SDK has. */
	AwsEndpointUrl: z.string().nullable(),
	TokenIssuer: optional,
	JwksUrl: optional,
	/** The web app; null where the environment has none. */
	WebUrl: optional,
	/** The name that a domain of one's own is an alias of. */
	WebDomainTarget: optional,
	WebBucketName: optional,
	DistributionId: optional,
});
export type Outputs = z.infer<typeof outputsFile>;

/** Every key of an outputs file. */
export const outputKeys: readonly string[] = [
	...new Set([...Object.keys(outputsFile.shape), ...Object.values(functionOutputs)]),
];

const fileOf = (environment: string) => `.aws-outputs-${environment}.json`;

/** Replaces an environment's outputs file. It has every key and no other; null for one that no stack outputs. @returns its name */
export async function writeOutputsFile(
	environment: string,
	outputs: Readonly<Record<string, unknown>>,
): Promise<string> {
	const file = fileOf(environment);
	const values = Object.fromEntries(outputKeys.map((key) => [key, outputs[key] ?? null]));
	await writeFile(`${file}.new`, `${JSON.stringify(values, null, 2)}\n`);
	// The rename is atomic: a reader sees the old file or the new one.
	await rename(`${file}.new`, file);
	return file;
}

/** Reads an environment's outputs file. @throws naming the command that writes it, if it is missing */
export async function readOutputs(environment: string): Promise<Outputs> {
	return readOutputsFile(
		fileOf(environment),
		environment === "local"
			? "run make up"
			: `choose another environment by ENV=local, or run make infra-outputs ENV=${environment}`,
	);
}

export async function readOutputsFile(file: string, remedy: string): Promise<Outputs> {
	let text: string;
	try {
		text = await readFile(file, "utf8");
	} catch (cause) {
		throw new Error(`${file} cannot be read: ${remedy} first.`, { cause });
	}
	const parsed = outputsFile.safeParse(jsonOf(text));
	if (parsed.success) return parsed.data;
	const invalid = parsed.error.issues.map(({ path }) => path.join("."));
	throw new Error(`${file} is invalid (${invalid.filter(Boolean).join(", ") || "no JSON object"}): ${remedy}.`);
}

function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined; // edited by hand
	}
}

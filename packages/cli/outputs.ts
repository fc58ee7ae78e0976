import { readFile } from "node:fs/promises";
import { z } from "zod";
import { stages } from "#core/pipeline/stages.ts";

/** The flattened outputs of the stacks, without any secret. Scripts, tests and clients find an environment by them. */
const outputsFile = z.looseObject({
	Environment: z.string(),
	Region: z.string(),
	ApiUrl: z.string(),
	UserPoolId: z.string(),
	UserPoolClientId: z.string(),
	CognitoEndpoint: z.string(),
	BucketName: z.string(),
	DatabaseEndpoint: z.string(),
	DatabaseName: z.string(),
	DatabaseSecretArn: z.string(),
	CleanupFunctionName: z.string(),
	MigrationFunctionName: z.string(),
	/** Null on AWS, whose addresses the SDK has. */
	AwsEndpointUrl: z.string().nullable(),
});
export type Outputs = z.infer<typeof outputsFile>;

/** The output that names each function, by its folder in `lambdas/`. */
export const functionOutputs: Readonly<Record<string, string>> = {
	api: "ApiFunctionName",
	...Object.fromEntries(Object.values(stages).map(({ lambda, id }) => [lambda, `${id}FunctionName`])),
	cleanup: "CleanupFunctionName",
	migrate: "MigrationFunctionName",
};

/** Every key of an outputs file. A value is null if the environment has no such resource. */
export const outputKeys: readonly string[] = [
	"Environment",
	"Region",
	"ApiUrl",
	"UserPoolId",
	"UserPoolClientId",
	"CognitoEndpoint",
	"BucketName",
	"CheckpointTableName",
	"EventBusName",
	"DatabaseEndpoint",
	"DatabaseName",
	"DatabaseSecretArn",
	...Object.values(functionOutputs),
	"DeadLetterQueueUrls",
	"DashboardName",
	"BastionInstanceId",
	"AwsEndpointUrl",
	"TokenIssuer",
	"JwksUrl",
];

/** Reads an environment's outputs file. @throws naming the command that writes it, if it is missing */
export async function readOutputs(environment: string): Promise<Outputs> {
	return readOutputsFile(
		`.aws-outputs-${environment}.json`,
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

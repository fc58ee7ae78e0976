import { z } from "zod";
import { logGroupOf } from "../apis/logs.ts";
import { type AwsApi, AwsError, notImplemented } from "../types.ts";
import { type LambdaFunction, PayloadTooLarge } from "./function.ts";
import { unzip } from "./unzip.ts";

/** Lambda's own API: invoking a function by name, reading how it is configured, replacing its code. */
export function lambdaApi(functions: Map<string, LambdaFunction>): AwsApi {
	const find = (nameOrArn: string): LambdaFunction => {
		const name = nameOrArn.split(":").at(-1);
		for (const candidate of functions.values()) {
			if (candidate.settings.name === name) return candidate;
		}
		throw new AwsError(
			"ResourceNotFoundException",
			`Function not found: ${nameOrArn}`,
			404,
		);
	};
	return {
		service: "lambda",
		async handle(request) {
			if (/^\/2016-08-19\/account-settings\/?$/.test(request.path)) {
				return json(200, { AccountLimit: accountLimit });
			}
			const [, name = "", operation = ""] =
				/^\/2015-03-31\/functions\/([^/]+)(?:\/(invocations|configuration|code))?$/.exec(
					request.path,
				) ?? [];
			if (!name)
				throw notImplemented(`Lambda ${request.method} ${request.path}`);
			const found = find(decodeURIComponent(name));
			if (operation === "invocations" && request.method === "POST") {
				return invoke(found, request.headers, request.body);
			}
			if (operation === "code" && request.method === "PUT") {
				return updateCode(found, request.body);
			}
			if (
				request.method === "GET" &&
				["", "configuration"].includes(operation)
			) {
				const configuration = describe(found);
				return json(
					200,
					operation === "configuration"
						? configuration
						: { Configuration: configuration },
				);
			}
			throw notImplemented(`Lambda ${request.method} ${request.path}`);
		},
	};
}

/** What a new AWS account has. */
const accountLimit = {
	ConcurrentExecutions: 10,
	UnreservedConcurrentExecutions: 10,
};

const newCode = z.strictObject({
	ZipFile: z.base64(),
	Architectures: z.array(z.string()).optional(),
});

/** Until the next start, which runs the code of the assembly. */
async function updateCode(found: LambdaFunction, body: Buffer) {
	const parsed = newCode.safeParse(JSON.parse(body.toString()));
	if (!parsed.success) {
		throw notImplemented(
			`UpdateFunctionCode with ${z.prettifyError(parsed.error)}`,
		);
	}
	const zip = Buffer.from(parsed.data.ZipFile, "base64");
	await found.replaceCode((folder) => unzip(zip, folder));
	return json(200, describe(found));
}

async function invoke(
	found: LambdaFunction,
	headers: Record<string, string>,
	body: Buffer,
) {
	const payload = body.length > 0 ? body : Buffer.from("{}");
	try {
		JSON.parse(payload.toString());
	} catch {
		throw new AwsError(
			"InvalidRequestContentException",
			"Could not parse request body into json.",
		);
	}
	switch (headers["x-amz-invocation-type"] ?? "RequestResponse") {
		case "DryRun":
			return { status: 204 };
		case "Event":
			found.invokeLater(payload);
			return { status: 202 };
		case "RequestResponse": {
			const outcome = await found.invoke(payload).catch((error) => {
				if (!(error instanceof PayloadTooLarge)) throw error;
				throw new AwsError("RequestTooLargeException", error.message, 413);
			});
			return {
				status: 200,
				headers: {
					"content-type": "application/json",
					"x-amz-executed-version": "$LATEST",
					...(outcome.failed && { "x-amz-function-error": "Unhandled" }),
				},
				body: outcome.payload,
			};
		}
		default:
			throw new AwsError(
				"InvalidParameterValueException",
				"The invocation type is none of RequestResponse, Event and DryRun.",
			);
	}
}

function describe({ settings }: LambdaFunction) {
	return {
		FunctionName: settings.name,
		FunctionArn: settings.arn,
		Handler: settings.handler,
		MemorySize: settings.memoryMegabytes,
		Timeout: settings.timeoutSeconds,
		LoggingConfig: { LogFormat: "Text", LogGroup: logGroupOf(settings.name) },
		Environment: { Variables: settings.variables },
		State: "Active",
		LastUpdateStatus: "Successful",
		PackageType: "Zip",
		Version: "$LATEST",
	};
}

function json(status: number, value: unknown) {
	return {
		status,
		headers: { "content-type": "application/json" },
		body: JSON.stringify(value),
	};
}

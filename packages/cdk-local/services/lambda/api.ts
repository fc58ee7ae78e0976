import { z } from "zod";
import { type AwsApi, AwsError, type AwsRequest, type AwsResponse, notImplemented } from "../../endpoint/types.ts";
import { type LambdaFunction, PayloadTooLarge } from "./function.ts";
import type { Functions } from "./store.ts";
import { unzip } from "./unzip.ts";

interface FunctionOperation {
	name: string;
	/** The action that a caller must be allowed; the operation's name where it is the same. */
	action?: string;
	method: string;
	/** Matches the path; its first group is the function's name or ARN. */
	path: RegExp;
	run(target: LambdaFunction, request: AwsRequest): Promise<AwsResponse>;
}

const functionOperations: readonly FunctionOperation[] = [
	{
		name: "Invoke",
		action: "InvokeFunction",
		method: "POST",
		path: /^\/2015-03-31\/functions\/([^/]+)\/invocations$/,
		run: (target, { headers, body }) => invoke(target, headers, body),
	},
	{
		name: "GetFunction",
		method: "GET",
		path: /^\/2015-03-31\/functions\/([^/]+)$/,
		run: async (target) => json(200, { Configuration: describe(target) }),
	},
	{
		name: "GetFunctionConfiguration",
		method: "GET",
		path: /^\/2015-03-31\/functions\/([^/]+)\/configuration$/,
		run: async (target) => json(200, describe(target)),
	},
	{
		name: "UpdateFunctionCode",
		method: "PUT",
		path: /^\/2015-03-31\/functions\/([^/]+)\/code$/,
		run: (target, { body }) => updateCode(target, body),
	},
];

/** Serves Lambda's REST protocol over the functions. */
export function lambdaApi(functions: Functions): AwsApi {
	return {
		service: "lambda",
		operations: [...functionOperations.map(({ name }) => name), "GetAccountSettings"],
		denial: { code: "AccessDeniedException", status: 403 },
		async handle(request) {
			const require = (action: string, resource: string) =>
				request.rights.require([{ action: `lambda:${action}`, resource }]);
			if (/^\/2016-08-19\/account-settings\/?$/.test(request.path)) {
				require("GetAccountSettings", "*");
				return json(200, { AccountLimit: accountLimit });
			}
			for (const { name, action = name, method, path, run } of functionOperations) {
				const match = path.exec(request.path);
				if (!match || method !== request.method) continue;
				const nameOrArn = decodeURIComponent(match[1] ?? "");
				const arn = functions.arn(nameOrArn);
				require(action, arn);
				const target = functions.get(arn);
				if (target) return run(target, request);
				throw new AwsError("ResourceNotFoundException", `Function not found: ${nameOrArn}`, 404);
			}
			throw notImplemented(`Lambda ${request.method} ${request.path}`);
		},
	};
}

/** The quotas of a new AWS account. */
const accountLimit = {
	ConcurrentExecutions: 10,
	UnreservedConcurrentExecutions: 10,
};

const newCode = z.strictObject({
	ZipFile: z.base64(),
	Architectures: z.array(z.string()).optional(),
});

/** Replaces a function's code until the next start, which runs the code of the assembly. */
async function updateCode(target: LambdaFunction, body: Buffer) {
	const parsed = newCode.safeParse(JSON.parse(body.toString()));
	if (!parsed.success) {
		throw notImplemented(`UpdateFunctionCode with ${z.prettifyError(parsed.error)}`);
	}
	const zip = Buffer.from(parsed.data.ZipFile, "base64");
	await target.replaceCode((folder) => unzip(zip, folder));
	return json(200, describe(target));
}

async function invoke(target: LambdaFunction, headers: Record<string, string>, body: Buffer): Promise<AwsResponse> {
	const payload = body.length > 0 ? body : Buffer.from("{}");
	try {
		JSON.parse(payload.toString());
	} catch {
		throw new AwsError("InvalidRequestContentException", "Could not parse request body into json.");
	}
	switch (headers["x-amz-invocation-type"] ?? "RequestResponse") {
		case "DryRun":
			return { status: 204 };
		case "Event":
			target.invokeLater(payload);
			return { status: 202 };
		case "RequestResponse": {
			const result = await target.invoke(payload).catch((error) => {
				if (!(error instanceof PayloadTooLarge)) throw error;
				throw new AwsError("RequestTooLargeException", error.message, 413);
			});
			return {
				status: 200,
				headers: {
					"content-type": "application/json",
					"x-amz-executed-version": "$LATEST",
					...(result.failed && { "x-amz-function-error": "Unhandled" }),
				},
				body: result.payload,
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
		LoggingConfig: { LogFormat: "Text", LogGroup: settings.logGroup },
		Environment: { Variables: settings.variables },
		State: "Active",
		LastUpdateStatus: "Successful",
		PackageType: "Zip",
		Version: "$LATEST",
	};
}

function json(status: number, value: unknown): AwsResponse {
	return {
		status,
		headers: { "content-type": "application/json" },
		body: JSON.stringify(value),
	};
}

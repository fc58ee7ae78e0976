import { z } from "zod";
import { type AwsApi, AwsError, notImplemented } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";
import { type LambdaFunction, PayloadTooLarge } from "./function.ts";
import { unzip } from "./unzip.ts";

/** Lambda's own API: invoking a function by name, reading how it is configured, replacing its code. */
export function lambdaApi(
	state: State,
	functions: Map<string, LambdaFunction>,
): AwsApi {
	return {
		service: "lambda",
		denial: { code: "AccessDeniedException", status: 403 },
		async handle(request) {
			const require = (action: string, resource: string) =>
				request.rights.require([{ action: `lambda:${action}`, resource }]);
			if (/^\/2016-08-19\/account-settings\/?$/.test(request.path)) {
				require("GetAccountSettings", "*");
				return json(200, { AccountLimit: accountLimit });
			}
			const [, name = "", operation = ""] =
				/^\/2015-03-31\/functions\/([^/]+)(?:\/(invocations|configuration|code))?$/.exec(
					request.path,
				) ?? [];
			if (!name)
				throw notImplemented(`Lambda ${request.method} ${request.path}`);
			const nameOrArn = decodeURIComponent(name);
			const arn = state.arn(
				"lambda",
				`function:${nameOrArn.split(":").at(-1)}`,
			);
			/** The function, where the caller may do this to it. */
			const allowed = (action: string): LambdaFunction => {
				require(action, arn);
				const found = functions.get(arn);
				if (found) return found;
				throw new AwsError(
					"ResourceNotFoundException",
					`Function not found: ${nameOrArn}`,
					404,
				);
			};
			if (operation === "invocations" && request.method === "POST") {
				const found = allowed("InvokeFunction");
				return invoke(found, request.headers, request.body);
			}
			if (operation === "code" && request.method === "PUT") {
				return updateCode(allowed("UpdateFunctionCode"), request.body);
			}
			if (
				request.method === "GET" &&
				["", "configuration"].includes(operation)
			) {
				const whole = operation === "";
				const configuration = describe(
					allowed(whole ? "GetFunction" : "GetFunctionConfiguration"),
				);
				return json(
					200,
					whole ? { Configuration: configuration } : configuration,
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
		LoggingConfig: { LogFormat: "Text", LogGroup: settings.logGroup },
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

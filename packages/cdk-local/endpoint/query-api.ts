import { z } from "zod";
import { type Permission, xmlDenial } from "../services/iam/permission.ts";

import {
	type AwsApi,
	AwsError,
	type AwsRequest,
	type AwsResponse,
	notImplemented,
} from "./types.ts";
import { type Xml, xmlDocument } from "./xml.ts";

/** One operation of a service that takes a form and answers XML. */
export interface QueryOperation {
	run(input: Record<string, string>, request: AwsRequest): Xml;
}

/** Parameters outside the schema are refused by name: what would be ignored must not look done. */
export function queryOperation<Shape extends z.core.$ZodLooseShape>(
	shape: Shape,
	run: (
		input: z.infer<z.ZodObject<Shape, z.core.$strict>>,
		request: AwsRequest,
	) => Xml,
): QueryOperation {
	const schema = z.strictObject(shape);
	return {
		run(input, request) {
			const parsed = schema.safeParse(input);
			if (parsed.success) {
				return run(
					parsed.data as z.infer<z.ZodObject<Shape, z.core.$strict>>,
					request,
				);
			}
			const [issue] = parsed.error.issues;
			if (issue?.code === "unrecognized_keys") {
				throw notImplemented(`The parameter ${issue.keys.join(", ")}`);
			}
			throw new AwsError("ValidationError", z.prettifyError(parsed.error));
		},
	};
}

export interface QueryService {
	service: string;
	/** As the SDK sends it: `2010-05-15`. */
	version: string;
	namespace: string;
	operations: Record<string, QueryOperation>;
	/** What a caller must be allowed for an operation. */
	permissions(operation: string, input: Record<string, string>): Permission[];
}

/** A service that speaks AWS's query protocol: a form with an `Action`, XML back. */
export function queryApi({
	service,
	version,
	namespace,
	operations,
	permissions,
}: QueryService): AwsApi {
	return {
		service,
		denial: xmlDenial,
		async handle(request) {
			const {
				Action = "(no Action)",
				Version,
				...input
			} = Object.fromEntries(new URLSearchParams(request.body.toString()));
			const found = Object.hasOwn(operations, Action) && operations[Action];
			if (Version !== version || !found) {
				throw notImplemented(`${service} ${Version} ${Action}`);
			}
			if (!request.principal) {
				throw new AwsError(
					"MissingAuthenticationToken",
					"Request is missing Authentication Token",
					403,
				);
			}
			request.rights.require(permissions(Action, input));
			return xmlAnswer(200, `${Action}Response`, {
				[`${Action}Result`]: found.run(input, request),
				ResponseMetadata: { RequestId: request.requestId },
			});
		},
		errorResponse: ({ code, message, status }, { requestId }) =>
			xmlAnswer(status, "ErrorResponse", {
				Error: {
					Type: status < 500 ? "Sender" : "Receiver",
					Code: code,
					Message: message,
				},
				RequestId: requestId,
			}),
	};

	function xmlAnswer(status: number, root: string, content: Xml): AwsResponse {
		return {
			status,
			headers: { "content-type": "text/xml" },
			body: xmlDocument(root, content, namespace),
		};
	}
}

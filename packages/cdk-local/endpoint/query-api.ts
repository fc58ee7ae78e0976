import { z } from "zod";
import { type Permission, xmlDenial } from "../services/iam/permission.ts";
import { type AwsApi, AwsError, type AwsRequest, type AwsResponse, notImplemented } from "./types.ts";
import { type Xml, xmlDocument } from "./xml.ts";

/** One operation of a service that takes a form and returns XML. */
interface QueryOperation {
	run(input: Record<string, string>, request: AwsRequest): Xml;
}

/** Defines an operation. A parameter outside the schema is refused by name: an ignored one would look done. */
export function queryOperation<Shape extends z.core.$ZodLooseShape>(
	shape: Shape,
	run: (input: z.infer<z.ZodObject<Shape, z.core.$strict>>, request: AwsRequest) => Xml,
): QueryOperation {
	const schema = z.strictObject(shape);
	return {
		run(input, request) {
			const parsed = schema.safeParse(input);
			if (parsed.success) {
				return run(parsed.data as z.infer<z.ZodObject<Shape, z.core.$strict>>, request);
			}
			const [issue] = parsed.error.issues;
			if (issue?.code === "unrecognized_keys") {
				throw notImplemented(`The parameter ${issue.keys.join(", ")}`);
			}
			throw new AwsError("ValidationError", z.prettifyError(parsed.error));
		},
	};
}

interface QueryService {
	service: string;
	/** As the SDK sends it: `2010-05-15`. */
	version: string;
	namespace: string;
	operations: Record<string, QueryOperation>;
	/** Returns the permissions that a call of an operation needs. */
	permissions(operation: string, input: Record<string, string>): Permission[];
}

/** Serves AWS's query protocol: a form with an `Action`, answered in XML. */
export function queryApi({ service, version, namespace, operations, permissions }: QueryService): AwsApi {
	return {
		service,
		operations: Object.keys(operations),
		denial: xmlDenial,
		async handle(request) {
			const {
				Action = "(no Action)",
				Version,
				...input
			} = Object.fromEntries(new URLSearchParams(request.body.toString()));
			const operation = Object.hasOwn(operations, Action) && operations[Action];
			if (Version !== version || !operation) {
				throw notImplemented(`${service} ${Version} ${Action}`);
			}
			if (!request.principal) {
				throw new AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403);
			}
			request.rights.require(permissions(Action, input));
			return xmlAnswer(200, `${Action}Response`, {
				[`${Action}Result`]: operation.run(input, request),
				ResponseMetadata: { RequestId: request.requestId },
			});
		},
		errorResponse: ({ code, message, status }, { requestId }) =>
			xmlAnswer(status, "ErrorResponse", {
				Error: { Type: status < 500 ? "Sender" : "Receiver", Code: code, Message: message },
				RequestId: requestId,
			}),
	};

	function xmlAnswer(status: number, root: string, content: Xml): AwsResponse {
		return { status, headers: { "content-type": "text/xml" }, body: xmlDocument(root, content, namespace) };
	}
}

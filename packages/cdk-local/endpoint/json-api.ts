import { z } from "zod";
import type { Permission } from "../services/iam/permission.ts";

import {
	type AwsApi,
	AwsError,
	type AwsRequest,
	type AwsResponse,
	notImplemented,
} from "./types.ts";

/** One operation of a service: what it takes, strictly, and what it does. */
export interface Operation {
	/** @throws AwsError where it is not what the operation takes */
	read(input: unknown): unknown;
	/** @param input as read */
	run(input: unknown, request: AwsRequest): unknown;
}

/** Parameters outside the schema are refused by name: what would be ignored must not look done. */
export function operation<Shape extends z.core.$ZodLooseShape>(
	shape: Shape,
	run: (
		input: z.infer<z.ZodObject<Shape, z.core.$strict>>,
		request: AwsRequest,
	) => unknown,
): Operation {
	const schema = z.strictObject(shape);
	return {
		read(input) {
			const parsed = schema.safeParse(input);
			if (!parsed.success) throw invalidInput(parsed.error);
			return parsed.data;
		},
		run: (input, request) =>
			run(input as z.infer<z.ZodObject<Shape, z.core.$strict>>, request),
	};
}

/** @param Input what of the operations' parameters says which resources they mean */
export interface JsonService<Input> {
	service: string;
	/** What stands before the dot in `X-Amz-Target`. */
	target: string;
	version: "1.0" | "1.1";
	operations: Record<string, Operation>;
	/** What a caller must be allowed for an operation. */
	permissions(operation: string, input: Input): Permission[];
	/** Operations that need no signature. */
	unsigned?: ReadonlySet<string>;
}

/** A service that speaks AWS's JSON protocol. */
export function jsonApi<Input>({
	service,
	target,
	version,
	operations,
	permissions,
	unsigned,
}: JsonService<Input>): AwsApi {
	const contentType = `application/x-amz-json-${version}`;
	return {
		service,
		async handle(request): Promise<AwsResponse> {
			const [prefix, name = ""] = (request.headers["x-amz-target"] ?? "").split(
				".",
			);
			const found = Object.hasOwn(operations, name) && operations[name];
			if (prefix !== target || !found) {
				throw new AwsError(
					"UnknownOperationException",
					notImplemented(`${target}.${name || "(no X-Amz-Target)"}`).message,
				);
			}
			const isPublic = unsigned?.has(name);
			if (!request.principal && !isPublic) {
				throw new AwsError(
					"MissingAuthenticationTokenException",
					"Missing Authentication Token",
				);
			}
			const input = found.read(parseBody(request.body));
			if (!isPublic) request.rights.require(permissions(name, input as Input));
			const output = await found.run(input, request);
			return {
				status: 200,
				headers: { "content-type": contentType },
				body: JSON.stringify(output ?? {}),
			};
		},
	};
}

function parseBody(body: Buffer): unknown {
	try {
		return body.length === 0 ? {} : JSON.parse(body.toString("utf8"));
	} catch {
		throw new AwsError("SerializationException", "The body is not valid JSON.");
	}
}

function invalidInput(error: z.ZodError): AwsError {
	const [issue] = error.issues;
	if (issue?.code === "unrecognized_keys") {
		return notImplemented(`The parameter ${issue.keys.join(", ")}`);
	}
	return new AwsError(
		"InvalidParameterException",
		error.issues
			.map((each) => `${each.path.join(".")}: ${each.message}`)
			.join("; "),
	);
}

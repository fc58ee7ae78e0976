import { z } from "zod";
import type { Permission } from "../services/iam/permission.ts";
import { type AwsApi, AwsError, type AwsRequest, type AwsResponse, notImplemented } from "./types.ts";

/** One operation of a service: its strict input and its effect. */
export interface Operation {
	/** @throws AwsError where the operation does not take this input */
	read(input: unknown): unknown;
	/** @param input as `read` returned it */
	run(input: unknown, request: AwsRequest): unknown;
}

/** Defines an operation. A parameter outside the schema is refused by name: an ignored one would look done. */
export function operation<Shape extends z.core.$ZodLooseShape>(
	shape: Shape,
	run: (input: z.infer<z.ZodObject<Shape, z.core.$strict>>, request: AwsRequest) => unknown,
): Operation {
	const schema = z.strictObject(shape);
	return {
		read(input) {
			const parsed = schema.safeParse(input);
			if (!parsed.success) throw invalidInput(parsed.error);
			return parsed.data;
		},
		run: (input, request) => run(input as z.infer<z.ZodObject<Shape, z.core.$strict>>, request),
	};
}

/** @param Input the operations' parameters that name resources */
interface JsonService<Input> {
	service: string;
	/** The part of `X-Amz-Target` before the dot. */
	target: string;
	version: "1.0" | "1.1";
	operations: Record<string, Operation>;
	/** Returns the permissions that a call of an operation needs. */
	permissions(operation: string, input: Input): Permission[];
	/** Operations that need no signature. */
	unsigned?: ReadonlySet<string>;
}

/** Serves AWS's JSON protocol. */
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
		operations: Object.keys(operations),
		async handle(request): Promise<AwsResponse> {
			const [prefix, name = ""] = (request.headers["x-amz-target"] ?? "").split(".");
			const operation = Object.hasOwn(operations, name) && operations[name];
			if (prefix !== target || !operation) {
				throw new AwsError(
					"UnknownOperationException",
					notImplemented(`${target}.${name || "(no X-Amz-Target)"}`).message,
				);
			}
			const isPublic = unsigned?.has(name);
			if (!request.principal && !isPublic) {
				throw new AwsError("MissingAuthenticationTokenException", "Missing Authentication Token");
			}
			const input = operation.read(parseBody(request.body));
			if (!isPublic) request.rights.require(permissions(name, input as Input));
			const output = await operation.run(input, request);
			return { status: 200, headers: { "content-type": contentType }, body: JSON.stringify(output ?? {}) };
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
		error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "),
	);
}

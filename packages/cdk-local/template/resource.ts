import { z } from "zod";
import type { Services } from "../services.ts";
import type { Json, JsonObject } from "./assembly.ts";

/** What other resources may read of one that exists. */
export interface Created {
	/** The answer to `Ref`. */
	ref: string;
	/** The answers to `Fn::GetAtt`. */
	attributes?: Record<string, Json>;
	attribute?: (name: string) => Json;
}

export interface ResourceContext {
	services: Services;
	stack: string;
	logicalId: string;
	/** The name of a resource whose template gives none. */
	physicalName(longest: number): string;
}

export type CreateResource = (
	properties: JsonObject,
	context: ResourceContext,
) => Created | Promise<Created>;

/**
 * A resource type by the properties it understands: any other stops the start,
 * so that a template never does on AWS what it silently does not do here.
 */
export function resource<Shape extends z.ZodRawShape>(
	shape: Shape,
	create: (
		properties: z.infer<z.ZodObject<Shape>>,
		context: ResourceContext,
	) => Created | Promise<Created>,
): CreateResource {
	const schema = z.strictObject(shape);
	return (properties, context) => {
		const parsed = schema.safeParse(properties);
		if (!parsed.success) {
			const problems = parsed.error.issues.map((issue) =>
				[issue.path.join("."), issue.message].filter(Boolean).join(": "),
			);
			throw new Error(
				`the local cloud does not take these properties: ${problems.join("; ")}`,
			);
		}
		return create(parsed.data as z.infer<z.ZodObject<Shape>>, context);
	};
}

/** A property that changes nothing on one machine. The reason stands where it is used. */
export const ignored = (_reason: string) => z.unknown().optional();

/** CloudFormation takes numbers and booleans as text too. */
export const number = z.coerce.number();
export const boolean = z.union([
	z.boolean(),
	z.enum(["true", "false"]).transform((value) => value === "true"),
]);
export const tags = ignored("nobody is billed by tag");

import { z } from "zod";
import type { Stores } from "../stores.ts";
import type { Json, JsonObject } from "./assembly.ts";

/** The values that other resources read from a created one. */
export interface Created {
	/** The value of `Ref`. */
	ref: string;
	/** The values of `Fn::GetAtt`. */
	attributes?: Record<string, Json>;
	/** Computes further values of `Fn::GetAtt`. */
	attribute?: (name: string) => Json;
}

interface ResourceContext {
	stores: Stores;
	stack: string;
	logicalId: string;
	/** Returns the name of a resource whose template gives none. */
	physicalName(maxLength: number): string;
}

export interface CreateResource {
	(properties: JsonObject, context: ResourceContext): Created | Promise<Created>;
	/** Every property that the type accepts; a reason where it has no effect. */
	readonly accepts: Readonly<Record<string, { ignoredBecause?: string }>>;
}

/**
 * Defines a resource type by the properties it understands. Any other property stops the start,
 * so that a template never does on AWS what it silently does not do here.
 */
export function resource<Shape extends z.ZodRawShape>(
	shape: Shape,
	create: (properties: z.infer<z.ZodObject<Shape>>, context: ResourceContext) => Created | Promise<Created>,
): CreateResource {
	const schema = z.strictObject(shape);
	const createChecked = (properties: JsonObject, context: ResourceContext) => {
		const parsed = schema.safeParse(properties);
		if (!parsed.success) {
			const problems = parsed.error.issues.map((issue) =>
				[issue.path.join("."), issue.message].filter(Boolean).join(": "),
			);
			throw new Error(`cdk-local does not support these properties: ${problems.join("; ")}`);
		}
		return create(parsed.data as z.infer<z.ZodObject<Shape>>, context);
	};
	const accepts = Object.fromEntries(
		Object.entries(shape).map(([name, property]) => [
			name,
			reasons.has(property) ? { ignoredBecause: reasons.get(property) } : {},
		]),
	);
	return Object.assign(createChecked, { accepts });
}

const reasons = new WeakMap<object, string>();

/** A property without effect on one machine. */
export function ignored(reason: string) {
	const property = z.unknown().optional();
	reasons.set(property, reason);
	return property;
}

/** CloudFormation takes numbers and booleans as text, too. */
export const number = z.coerce.number();
export const boolean = z.union([z.boolean(), z.enum(["true", "false"]).transform((value) => value === "true")]);
export const tags = ignored("nothing is billed by tag");

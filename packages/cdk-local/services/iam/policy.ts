import { z } from "zod";
import {
	type Condition,
	readConditions,
	refuseVariables,
} from "./conditions.ts";
import { arnPattern, type Matches, wildcard } from "./patterns.ts";
import type { Caller, Context, Permission } from "./permission.ts";

/** One action on one resource of one statement: the least that can be taken away. */
export interface Grant {
	/** Stack, logical id, statement, action, resource. */
	readonly id: string;
	readonly effect: "Allow" | "Deny";
	readonly action: string;
	readonly resource: string;
	/** As if the policy did not have it; tests take grants away and give them back. */
	withheld: boolean;
	covers(caller: Caller, permission: Permission, context: Context): boolean;
}

const texts = z.union([
	z.array(z.string()).min(1),
	z.string().transform((one) => [one]),
]);
const principal = z.union([
	z.literal("*"),
	z.strictObject({ AWS: texts.optional(), Service: texts.optional() }),
]);
const statement = z.strictObject({
	Sid: z.string().optional(),
	Effect: z.enum(["Allow", "Deny"]),
	Action: texts,
	Resource: texts,
	Condition: z.unknown().optional(),
});
const document = <Statement extends z.ZodType>(each: Statement) =>
	z.strictObject({
		Version: z.enum(["2012-10-17", "2008-10-17"]).optional(),
		Id: z.string().optional(),
		Statement: z.preprocess((written) => [written].flat(), z.array(each)),
	});
const identityPolicy = document(statement);
const resourcePolicy = document(statement.extend({ Principal: principal }));

/** Reads a policy of a role. @throws where it says something that cannot be judged here, NotAction among it */
export function readIdentityPolicy(source: string, written: unknown): Grant[] {
	const { Statement } = read(identityPolicy, written);
	return Statement.flatMap((each, at) => grants(source, at, each, anyone));
}

/** Reads a policy of a resource, which says whom it means. @throws as above */
export function readResourcePolicy(source: string, written: unknown): Grant[] {
	const { Statement } = read(resourcePolicy, written);
	return Statement.flatMap((each, at) =>
		grants(source, at, each, whoIs(each.Principal)),
	);
}

function read<Schema extends z.ZodType>(
	schema: Schema,
	written: unknown,
): z.infer<Schema> {
	const parsed = schema.safeParse(written);
	if (parsed.success) return parsed.data;
	throw new Error(
		`the local cloud cannot judge this policy: ${z.prettifyError(parsed.error)}`,
	);
}

const anyone = () => true;

function whoIs(
	written: z.infer<typeof principal>,
): (caller: Caller) => boolean {
	if (written === "*") return anyone;
	const services = new Set(written.Service);
	const others = (written.AWS ?? []).map((one): ((of: Caller) => boolean) => {
		if (one === "*") return anyone;
		if (!/^arn:[^:]+:(iam|sts)::/.test(one) || /:root$|[*?]/.test(one)) {
			// An account as principal hands the decision to the policies of its roles.
			throw new Error(
				`the local cloud cannot judge the principal ${one}: name a role`,
			);
		}
		return ({ arn, role }) => arn === one || role === one;
	});
	return (caller) =>
		services.has(caller.arn) || others.some((is) => is(caller));
}

function grants(
	source: string,
	at: number,
	{ Effect, Action, Resource, Condition, Sid }: z.infer<typeof statement>,
	isMeant: (caller: Caller) => boolean,
): Grant[] {
	const conditions: Condition = readConditions(Condition);
	return Action.flatMap((action) => {
		const ofAction = actionPattern(action);
		return Resource.map((resource): Grant => {
			refuseVariables(resource);
			const ofResource = arnPattern(resource);
			return {
				id: `${source} ${Sid ?? at} ${action} ${resource}`,
				effect: Effect,
				action,
				resource,
				withheld: false,
				covers: (caller, permission, context) =>
					ofAction(permission.action) &&
					ofResource(permission.resource) &&
					isMeant(caller) &&
					conditions(context),
			};
		});
	});
}

/** Actions are written in any case. */
function actionPattern(action: string): Matches {
	if (action !== "*" && !/^[a-z0-9-]+:[\w*?]+$/i.test(action)) {
		throw new Error(`${action} is no action: write service:Action`);
	}
	const matches = wildcard(action.toLowerCase());
	return (asked) => matches(asked.toLowerCase());
}

import { z } from "zod";
import { type Condition, readConditions, refuseVariables } from "./conditions.ts";
import { arnPattern, type Matches, wildcard } from "./patterns.ts";
import type { Caller, Context, Permission } from "./permission.ts";

/** One action on one resource of one statement: the smallest part of a policy that can be withheld. */
export interface Grant {
	/** Stack, logical id, statement, action, resource. */
	readonly id: string;
	readonly effect: "Allow" | "Deny";
	readonly action: string;
	readonly resource: string;
	/** Disables the grant, as if the policy did not have it; tests set and reset it. */
	withheld: boolean;
	covers(caller: Caller, permission: Permission, context: Context): boolean;
}

const texts = z.union([z.array(z.string()).min(1), z.string().transform((single) => [single])]);
const principal = z.union([z.literal("*"), z.strictObject({ AWS: texts.optional(), Service: texts.optional() })]);
const statement = z.strictObject({
	Sid: z.string().optional(),
	Effect: z.enum(["Allow", "Deny"]),
	Action: texts,
	Resource: texts,
	Condition: z.unknown().optional(),
});
const document = <Statement extends z.ZodType>(schema: Statement) =>
	z.strictObject({
		Version: z.enum(["2012-10-17", "2008-10-17"]).optional(),
		Id: z.string().optional(),
		Statement: z.preprocess((value) => [value].flat(), z.array(schema)),
	});
const identityPolicy = document(statement);
const resourcePolicy = document(statement.extend({ Principal: principal }));

/** Reads a policy of a role. @throws where it uses something unsupported, such as NotAction */
export function readIdentityPolicy(source: string, policy: unknown): Grant[] {
	const { Statement } = read(identityPolicy, policy);
	return Statement.flatMap((statement, index) => readGrants(source, index, statement, anyone));
}

/** Reads a policy of a resource, which names its principals. @throws as above */
export function readResourcePolicy(source: string, policy: unknown): Grant[] {
	const { Statement } = read(resourcePolicy, policy);
	return Statement.flatMap((statement, index) =>
		readGrants(source, index, statement, readPrincipal(statement.Principal)),
	);
}

function read<Schema extends z.ZodType>(schema: Schema, policy: unknown): z.infer<Schema> {
	const parsed = schema.safeParse(policy);
	if (parsed.success) return parsed.data;
	throw new Error(`cdk-local cannot evaluate this policy: ${z.prettifyError(parsed.error)}`);
}

const anyone = () => true;

function readPrincipal(principals: z.infer<typeof principal>): (caller: Caller) => boolean {
	if (principals === "*") return anyone;
	const services = new Set(principals.Service);
	const identities = (principals.AWS ?? []).map((name): ((caller: Caller) => boolean) => {
		if (name === "*") return anyone;
		if (!/^arn:[^:]+:(iam|sts)::/.test(name) || /:root$|[*?]/.test(name)) {
			// An account as principal would leave the decision to the policies of its roles.
			throw new Error(`cdk-local cannot evaluate the principal ${name}: name a role`);
		}
		return ({ arn, role }) => arn === name || role === name;
	});
	return (caller) => services.has(caller.arn) || identities.some((matches) => matches(caller));
}

function readGrants(
	source: string,
	index: number,
	{ Effect, Action, Resource, Condition, Sid }: z.infer<typeof statement>,
	matchesPrincipal: (caller: Caller) => boolean,
): Grant[] {
	const conditions: Condition = readConditions(Condition);
	return Action.flatMap((action) => {
		const matchesAction = actionPattern(action);
		return Resource.map((resource): Grant => {
			refuseVariables(resource);
			const matchesResource = arnPattern(resource);
			return {
				id: `${source} ${Sid ?? index} ${action} ${resource}`,
				effect: Effect,
				action,
				resource,
				withheld: false,
				covers: (caller, permission, context) =>
					matchesAction(permission.action) &&
					matchesResource(permission.resource) &&
					matchesPrincipal(caller) &&
					conditions(context),
			};
		});
	});
}

/** Compiles an action's pattern; actions are case-insensitive. */
function actionPattern(action: string): Matches {
	if (action !== "*" && !/^[a-z0-9-]+:[\w*?]+$/i.test(action)) {
		throw new Error(`${action} is not an action: write service:Action`);
	}
	const matches = wildcard(action.toLowerCase());
	return (requested) => matches(requested.toLowerCase());
}

import { AwsError, type Principal } from "../../endpoint/types.ts";
import { type Caller, type Context, type Denial, jsonDenial, type Permission, type Rights } from "./permission.ts";

import { type Grant, readIdentityPolicy, readResourcePolicy } from "./policy.ts";

/** A decided call. */
export interface Decision {
	caller: Caller;
	permission: Permission;
	allowed: boolean;
	/** The grants that allow it, each sufficient alone. */
	by: Grant[];
}

interface Role {
	arn: string;
	/** Services that may assume it: `lambda.amazonaws.com`. */
	assumedBy: ReadonlySet<string>;
	grants: Grant[];
}

const allowEverything = {
	Version: "2012-10-17",
	Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
};

/**
 * Decides every call as IAM does within one account: a Deny wins; otherwise a policy of the role or of the
 * resource must allow the call.
 */
export class Access {
	readonly #account: string;
	readonly #region: string;
	/** By ARN. */
	readonly #roles = new Map<string, Role>();
	/** Policies of buckets, queues and functions, by the resource's ARN. */
	readonly #resourceGrants = new Map<string, Grant[]>();
	/** By the name that their keys are issued to. */
	readonly #callers = new Map<string, Caller>();
	readonly #watchers = new Set<(decision: Decision) => void>();
	/** The user of cdk-local: may do everything that no resource's policy denies. */
	readonly administrator: Caller;

	constructor({ account, region }: { account: string; region: string }) {
		this.#account = account;
		this.#region = region;
		const role = this.addRole("operator", ["local"]);
		this.attach(role.arn, "administrator", allowEverything);
		this.administrator = this.session(role.arn, "local");
		this.identify("operator", this.administrator);
	}

	/** Adds a role without permissions. */
	addRole(name: string, assumedBy: Iterable<string>): Role {
		const arn = `arn:aws:iam::${this.#account}:role/${name}`;
		if (this.#roles.has(arn)) throw new Error(`there are two roles ${name}`);
		const role = { arn, assumedBy: new Set(assumedBy), grants: [] };
		this.#roles.set(arn, role);
		return role;
	}

	/** Returns a role by name or ARN. @throws where no template defines it */
	role(nameOrArn: string): Role {
		const name = nameOrArn.split("/").at(-1);
		const role = this.#roles.get(`arn:aws:iam::${this.#account}:role/${name}`);
		if (!role) {
			throw new Error(`there is no role ${nameOrArn}: define it and its policies in a template`);
		}
		return role;
	}

	/** Attaches a policy to a role. @param source its location, for messages and the ids of grants */
	attach(roleNameOrArn: string, source: string, document: unknown): void {
		this.role(roleNameOrArn).grants.push(...readIdentityPolicy(source, document));
	}

	/** Attaches a policy to a bucket, queue or function. */
	attachToResource(arn: string, source: string, document: unknown): void {
		const grants = this.#resourceGrants.get(arn) ?? [];
		grants.push(...readResourcePolicy(source, document));
		this.#resourceGrants.set(arn, grants);
	}

	/** Returns a session of a role for a service. @throws where its trust policy does not name the service */
	assume(roleArn: string, service: string, sessionName: string): Caller {
		const role = this.role(roleArn);
		if (!role.assumedBy.has(service)) {
			throw new Error(
				`${service} may not assume the role ${roleArn}: its trust policy names ${[...role.assumedBy].join(", ") || "nobody"}`,
			);
		}
		return this.session(role.arn, sessionName);
	}

	session(roleArn: string, sessionName: string): Caller {
		const name = roleArn.split("/").at(-1);
		return {
			arn: `arn:aws:sts::${this.#account}:assumed-role/${name}/${sessionName}`,
			role: roleArn,
		};
	}

	/** Returns an AWS service that acts for a resource of the account: only its target's policy can allow it. */
	service(name: string, sourceArn: string): Caller {
		return {
			arn: name,
			role: null,
			context: {
				"aws:sourcearn": sourceArn,
				"aws:sourceaccount": this.#account,
			},
		};
	}

	/** Maps a principal's keys to a caller. */
	identify(principal: string, caller: Caller): void {
		this.#callers.set(principal, caller);
	}

	/** Returns the rights of a verified call; none where it is unsigned or its principal is unknown. */
	rights(principal: Principal | null, denial?: Denial): Rights {
		const caller = this.#callers.get(principal?.name ?? "") ?? {
			arn: principal?.name ?? "anonymous",
			role: null,
		};
		return {
			caller,
			allows: (permission) => this.allows(caller, permission),
			require: (permissions) => {
				for (const each of permissions) this.require(caller, each, denial);
			},
		};
	}

	allows(caller: Caller, permission: Permission): boolean {
		return this.#decide(caller, permission).allowed;
	}

	/** @throws AwsError in the form of the service */
	require(caller: Caller, permission: Permission, { code, status }: Denial = jsonDenial): void {
		const { allowed, denied } = this.#decide(caller, permission);
		if (allowed) return;
		const { action, resource } = permission;
		const reason = denied
			? `with an explicit deny in a policy (${denied.id})`
			: caller.role
				? `because no identity-based policy allows the ${action} action`
				: `because no resource-based policy allows the ${action} action`;
		throw new AwsError(
			code,
			`User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`,
			status,
		);
	}

	/** Every grant of every role and resource, without the administrator's. */
	get grants(): Grant[] {
		const roles = [...this.#roles.values()].filter(({ arn }) => arn !== this.administrator.role);
		return [...roles.flatMap(({ grants }) => grants), ...[...this.#resourceGrants.values()].flat()].filter(
			({ effect }) => effect === "Allow",
		);
	}

	/** Calls `watcher` with every decision. @returns a function that ends it */
	watch(watcher: (decision: Decision) => void): () => void {
		this.#watchers.add(watcher);
		return () => void this.#watchers.delete(watcher);
	}

	#decide(caller: Caller, permission: Permission): { allowed: boolean; denied?: Grant } {
		const context: Context = {
			// The endpoint listens on loopback only, so no network can read along.
			"aws:securetransport": "true",
			"aws:requestedregion": this.#region,
			...(caller.role && {
				"aws:principalarn": caller.role,
				"aws:principalaccount": this.#account,
			}),
			...caller.context,
			...permission.context,
		};
		const roleGrants = caller.role ? this.#roles.get(caller.role)?.grants : undefined;
		const candidates = [...(roleGrants ?? []), ...(this.#resourceGrants.get(policyHolder(permission.resource)) ?? [])];
		const matching = candidates.filter((grant) => !grant.withheld && grant.covers(caller, permission, context));
		const denied = matching.find(({ effect }) => effect === "Deny");
		const allowed = !denied && matching.length > 0;
		for (const watcher of this.#watchers) {
			watcher({ caller, permission, allowed, by: allowed ? matching : [] });
		}
		return { allowed, ...(denied && { denied }) };
	}
}

/** Returns the resource that has the policy: for an object, its bucket. */
function policyHolder(resource: string): string {
	return resource.replace(/^(arn:aws:s3:::[^/]+)\/.*$/s, "$1");
}

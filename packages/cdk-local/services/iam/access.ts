import { AwsError, type Principal } from "../../endpoint/types.ts";
import {
	type Caller,
	type Context,
	type Denial,
	jsonDenial,
	type Permission,
	type Rights,
} from "./permission.ts";

import {
	type Grant,
	readIdentityPolicy,
	readResourcePolicy,
} from "./policy.ts";

/** What was asked and how it was answered. */
export interface Decision {
	caller: Caller;
	permission: Permission;
	allowed: boolean;
	/** The grants that allow it, each by itself. */
	by: Grant[];
}

interface Role {
	arn: string;
	/** Services that may act in its place: `lambda.amazonaws.com`. */
	assumedBy: ReadonlySet<string>;
	grants: Grant[];
}

const everything = {
	Version: "2012-10-17",
	Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
};

/**
 * Decides every call as IAM does within one account: a Deny of a policy wins, else it takes an Allow of the role's
 * or of the resource's policy, else the answer is no.
 */
export class Access {
	readonly #account: string;
	readonly #region: string;
	/** By ARN. */
	readonly #roles = new Map<string, Role>();
	/** Policies of buckets, queues and functions, by the resource's ARN. */
	readonly #ofResources = new Map<string, Grant[]>();
	/** By the name their keys are issued to. */
	readonly #callers = new Map<string, Caller>();
	readonly #watchers = new Set<(decision: Decision) => void>();
	/** Who runs the cloud: allowed what no resource's policy denies. */
	readonly administrator: Caller;

	constructor({ account, region }: { account: string; region: string }) {
		this.#account = account;
		this.#region = region;
		const role = this.addRole("operator", ["local"]);
		this.attach(role.arn, "administrator", everything);
		this.administrator = this.session(role.arn, "local");
		this.identify("operator", this.administrator);
	}

	/** Makes a role, which may do nothing yet. */
	addRole(name: string, assumedBy: Iterable<string>): Role {
		const arn = `arn:aws:iam::${this.#account}:role/${name}`;
		if (this.#roles.has(arn)) throw new Error(`there are two roles ${name}`);
		const role = { arn, assumedBy: new Set(assumedBy), grants: [] };
		this.#roles.set(arn, role);
		return role;
	}

	/** By name or ARN. @throws where no template makes it */
	role(nameOrArn: string): Role {
		const name = nameOrArn.split("/").at(-1);
		const found = this.#roles.get(`arn:aws:iam::${this.#account}:role/${name}`);
		if (!found) {
			throw new Error(
				`there is no role ${nameOrArn}: what it may do must stand in a template`,
			);
		}
		return found;
	}

	/** A policy of a role. @param source where it stands, for messages and for telling grants apart */
	attach(roleNameOrArn: string, source: string, document: unknown): void {
		this.role(roleNameOrArn).grants.push(
			...readIdentityPolicy(source, document),
		);
	}

	/** A policy of a bucket, queue or function. */
	attachToResource(arn: string, source: string, document: unknown): void {
		const grants = this.#ofResources.get(arn) ?? [];
		grants.push(...readResourcePolicy(source, document));
		this.#ofResources.set(arn, grants);
	}

	/** A role at work for a service. @throws where its trust policy does not name the service */
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

	/** A service of AWS that acts for one of the account's resources: only that target's own policy can let it in. */
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

	/** Says whose the keys of a principal are. */
	identify(principal: string, caller: Caller): void {
		this.#callers.set(principal, caller);
	}

	/** What a verified call may do; nothing where nobody is known by that name, or it is unsigned. */
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

	/** @throws AwsError as the service says it */
	require(
		caller: Caller,
		permission: Permission,
		{ code, status }: Denial = jsonDenial,
	): void {
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

	/** Every grant of every role and resource, the administrator's left out. */
	get grants(): Grant[] {
		const roles = [...this.#roles.values()].filter(
			({ arn }) => arn !== this.administrator.role,
		);
		return [
			...roles.flatMap(({ grants }) => grants),
			...[...this.#ofResources.values()].flat(),
		].filter(({ effect }) => effect === "Allow");
	}

	/** Is told of every decision until the answer is called. */
	watch(watcher: (decision: Decision) => void): () => void {
		this.#watchers.add(watcher);
		return () => void this.#watchers.delete(watcher);
	}

	#decide(
		caller: Caller,
		permission: Permission,
	): { allowed: boolean; denied?: Grant } {
		const context: Context = {
			// The endpoint listens on loopback alone: nobody reads along.
			"aws:securetransport": "true",
			"aws:requestedregion": this.#region,
			...(caller.role && {
				"aws:principalarn": caller.role,
				"aws:principalaccount": this.#account,
			}),
			...caller.context,
			...permission.context,
		};
		const own = caller.role ? this.#roles.get(caller.role)?.grants : undefined;
		const candidates = [
			...(own ?? []),
			...(this.#ofResources.get(policyHolder(permission.resource)) ?? []),
		];
		const covering = candidates.filter(
			(grant) => !grant.withheld && grant.covers(caller, permission, context),
		);
		const denied = covering.find(({ effect }) => effect === "Deny");
		const allowed = !denied && covering.length > 0;
		for (const watcher of this.#watchers) {
			watcher({ caller, permission, allowed, by: allowed ? covering : [] });
		}
		return { allowed, ...(denied && { denied }) };
	}
}

/** An object's policy is its bucket's. */
function policyHolder(resource: string): string {
	return resource.replace(/^(arn:aws:s3:::[^/]+)\/.*$/s, "$1");
}

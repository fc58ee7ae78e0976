/** Condition keys of a call, in lower case, with their values. */
export type Context = Readonly<Record<string, string>>;

/** The principal of a call. */
export interface Caller {
	/** As error messages show it: a role's session, or a service's name. */
	arn: string;
	/** The role behind the session; null where an AWS service itself calls. */
	role: string | null;
	/** Condition keys that every call of this caller carries, such as its rule or API. */
	context?: Context;
}

/** An action on a resource, which a policy must allow for a call. */
export interface Permission {
	/** `s3:GetObject` */
	action: string;
	/** An ARN, or `*` where the action has no resource. */
	resource: string;
	context?: Context;
}

/** Decides and enforces the permissions of one caller. */
export interface Rights {
	readonly caller: Caller;
	allows(permission: Permission): boolean;
	/** @throws AwsError as the service refuses, where a permission is missing */
	require(permissions: readonly Permission[]): void;
}

/** The error with which a service refuses a call. */
export interface Denial {
	code: string;
	status: number;
}

export const jsonDenial: Denial = {
	code: "AccessDeniedException",
	status: 400,
};
export const xmlDenial: Denial = { code: "AccessDenied", status: 403 };

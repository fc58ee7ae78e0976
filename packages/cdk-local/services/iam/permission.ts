/** What a call says of itself, by condition key in lower case. */
export type Context = Readonly<Record<string, string>>;

/** Who makes a call. */
export interface Caller {
	/** As error messages show it: a role's session, or a service's name. */
	arn: string;
	/** The role behind the session; null where an AWS service itself calls. */
	role: string | null;
	/** Condition keys that every call of this caller carries: which rule, which API. */
	context?: Context;
}

/** What a call needs to be allowed. */
export interface Permission {
	/** `s3:GetObject` */
	action: string;
	/** An ARN, or `*` where the action has no resource. */
	resource: string;
	context?: Context;
}

/** What one caller may do. */
export interface Rights {
	readonly caller: Caller;
	allows(permission: Permission): boolean;
	/** @throws AwsError as the service refuses, where a permission is missing */
	require(permissions: readonly Permission[]): void;
}

/** How a service reports that a call is not allowed. */
export interface Denial {
	code: string;
	status: number;
}

export const jsonDenial: Denial = {
	code: "AccessDeniedException",
	status: 400,
};
export const xmlDenial: Denial = { code: "AccessDenied", status: 403 };

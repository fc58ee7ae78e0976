export const preSignUpEnv = [
	"ENVIRONMENT",
	/** The domains of the addresses that may sign up, separated by commas; `any`, or `none` where administrators invite. */
	"SIGN_UP_DOMAINS",
] as const;

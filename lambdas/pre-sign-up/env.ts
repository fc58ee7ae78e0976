export const preSignUpEnv = [
	"ENVIRONMENT",
	/** The domains of the addresses that may sign up, separated by commas. */
	"SIGN_UP_DOMAINS",
] as const;

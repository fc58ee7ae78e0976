export const migrateEnv = [
	"ENVIRONMENT",
	"DATABASE_HOST",
	"DATABASE_PORT",
	"DATABASE_NAME",
	"DATABASE_TLS",
	/** Managed and rotated by RDS; used only for the logins below. */
	"MASTER_SECRET_ARN",
	"APPLICATION_SECRET_ARN",
	"MIGRATION_SECRET_ARN",
] as const;

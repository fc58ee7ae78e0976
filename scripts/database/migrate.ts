import type { ClientSettings } from "#deployment/client-settings.ts";
import { invokeFunction } from "#deployment/invoke-function.ts";

/** Invokes the migration function, which is safe to repeat. @throws the failure, and what to do */
export async function migrate(client: ClientSettings, functionName: string, environment: string): Promise<void> {
	try {
		const answer = await invokeFunction(client, functionName);
		const { applied = [] } = (answer ?? {}) as { applied?: string[] };
		console.log(applied.length > 0 ? `Migrations applied: ${applied.join(", ")}.` : "No migration was due.");
	} catch (cause) {
		throw new Error(
			`${(cause as Error).message}\nThe schema is unchanged, since migrations run in one transaction, and nothing after them was deployed: correct the migration, then run make db-migrate or make infra-deploy with ENV=${environment} again; make lambda-logs ENV=${environment} FUNC=migrate shows the log.`,
			{ cause },
		);
	}
}

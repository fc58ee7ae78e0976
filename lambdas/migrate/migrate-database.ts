import { type Migrated, migrate } from "#postgres/migrate.ts";
import { grantRows, prepareDatabase, roleOf } from "#postgres/roles.ts";
import { type MigrationInputs, withClient } from "./connect.ts";

/** Roles and extensions as the master, the schema as its own role, then rows for the application. */
export async function migrateDatabase({
	address,
	master,
	application,
	migration,
	directory,
}: MigrationInputs): Promise<Migrated> {
	await withClient(address, master, (client) => prepareDatabase(client, { application, migration }));
	return withClient(address, migration, async (client) => {
		const migrated = await migrate(client, directory);
		await grantRows(client, roleOf(application.username));
		return migrated;
	});
}

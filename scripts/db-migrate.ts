// make db-migrate: applies the migrations that the deployed migration function carries.
import { migrate } from "./operate/migrate.ts";
import { outputs } from "./operate/outputs-file.ts";
import { operate } from "./operate/target.ts";

await operate(async (target) => {
	const { MigrationFunctionName } = await outputs(target);
	await migrate(target.client, MigrationFunctionName, target.name);
});

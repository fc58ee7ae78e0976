// make infra-stop: stops the database of an environment that nobody uses, and what would fail without it.
import { RDSClient, StopDBInstanceCommand } from "@aws-sdk/client-rds";
import { nextOf } from "#lib/hours.ts";
import { confirm } from "../environment/confirm.ts";
import { operate } from "../environment/target.ts";
import { databaseInstance, switchUpkeep } from "./database-instance.ts";
import { deployedResources } from "./stacks.ts";

await operate(async (target) => {
	const { name, client } = target;
	if (name === "prod") {
		throw new Error("The database of prod is not stopped: people use prod at any hour.");
	}
	const resources = await deployedResources(target);
	const database = await databaseInstance(target, resources);
	if (!database) throw new Error(`Environment ${name} has no database yet: make infra-deploy ENV=${name} creates it.`);
	const { id, status } = database;
	const stopsAlready = status === "stopped" || status === "stopping";
	if (!stopsAlready && status !== "available") {
		throw new Error(
			`The database ${id} is ${status}, and RDS stops only one that is available: run make infra-stop ENV=${name} later.`,
		);
	}
	const { hours } = target.environment.database;
	const end = `make infra-start ENV=${name}${hours ? `, or ${nextOf("from", hours)}, by database.hours` : ""}`;
	await confirm(`Stop the database of environment ${name}? Its API answers with errors until ${end}.`, "yes");
	const off = await switchUpkeep(target, resources, false);
	if (!stopsAlready) {
		try {
			await new RDSClient(client).send(new StopDBInstanceCommand({ DBInstanceIdentifier: id }));
		} catch (error) {
			await switchUpkeep(target, resources, true);
			throw error;
		}
	}
	console.log(
		`The database ${id} ${status === "stopped" ? "was stopped already" : "is stopping, which takes some minutes"}. Off until ${end}: schedules (${off.schedules}), mails of alarms (${off.alarms}).`,
	);
	if (target.isLocal) {
		console.log("make up starts it, too.");
		return;
	}
	if (hours) {
		console.log("Storage and backups cost on.");
		return;
	}
	const restart = new Date(Date.now() + 7 * 24 * 60 * 60 * 1_000).toISOString().slice(0, 10);
	console.log(
		`Storage and backups cost on. RDS starts a stopped database again after seven days, on ${restart} at the latest, and it costs from then on: run make infra-stop ENV=${name} again, or remove the environment.`,
	);
});

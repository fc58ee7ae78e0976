// make infra-start: starts the database that make infra-stop stopped, and what was turned off with it.
import { RDSClient, StartDBInstanceCommand, waitUntilDBInstanceAvailable } from "@aws-sdk/client-rds";
import { nextOf } from "#lib/hours.ts";
import { operate } from "../environment/target.ts";
import { databaseInstance, switchUpkeep } from "./database-instance.ts";
import { deployedResources } from "./stacks.ts";

/** RDS takes minutes; the recovery of a large database takes longer. */
const maxWaitTime = 60 * 60;

await operate(async (target) => {
	const { name, client } = target;
	const resources = await deployedResources(target);
	const database = await databaseInstance(target, resources);
	if (!database) throw new Error(`Environment ${name} has no database yet: make infra-deploy ENV=${name} creates it.`);
	const { id, status } = database;
	if (status === "stopping") {
		throw new Error(
			`The database ${id} is still stopping, and RDS starts only one that has stopped: run make infra-start ENV=${name} again in some minutes.`,
		);
	}
	const rds = new RDSClient(client);
	const DBInstanceIdentifier = id;
	if (status === "stopped") {
		await rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier }));
		console.log(`The database ${id} is starting, which takes some minutes.`);
	}
	await waitUntilDBInstanceAvailable(
		{ client: rds, maxWaitTime, minDelay: 1, maxDelay: 20 },
		{ DBInstanceIdentifier },
	).catch((cause) => {
		throw new Error(
			`The database ${id} did not become available, and schedules and alarms stay off: see its events in RDS, then run make infra-start ENV=${name} again.`,
			{ cause },
		);
	});
	const on = await switchUpkeep(target, resources, true);
	console.log(
		`The database ${id} is available. On again: schedules (${on.schedules}), mails of alarms (${on.alarms}).`,
	);
	const { hours } = target.environment.database;
	if (hours) {
		console.log(
			`It runs, and costs, until ${nextOf("to", hours)}, when database.hours stops it. To stop it before: make infra-stop ENV=${name}.`,
		);
	}
});

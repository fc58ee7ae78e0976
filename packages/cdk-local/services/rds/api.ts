import { z } from "zod";
import { queryApi, queryOperation } from "../../endpoint/query-api.ts";
import { type AwsApi, AwsError, notImplemented } from "../../endpoint/types.ts";
import type { Stores } from "../../stores.ts";
import type { DatabaseStatus } from "./store.ts";

/** Serves RDS for the one DB instance. As on AWS, a call begins a change and returns; `DescribeDBInstances` shows its end. */
export function rdsApi({ state, database, log }: Pick<Stores, "state" | "database" | "log">): AwsApi {
	const arn = (identifier: string) => state.arn("rds", `db:${identifier}`);

	const described = (status: DatabaseStatus = database.status) => ({
		DBInstanceIdentifier: database.identifier ?? "",
		DBInstanceArn: arn(database.identifier ?? ""),
		DBInstanceStatus: status,
		Engine: "postgres",
	});

	const requireInstance = (identifier: string) => {
		if (identifier === database.identifier) return;
		throw new AwsError("DBInstanceNotFound", `DBInstance ${identifier} not found.`, 404);
	};

	/** Begins a change of the instance, which only an instance of this status takes. */
	const change = (identifier: string, from: DatabaseStatus, to: DatabaseStatus, begin: () => Promise<void>) => {
		requireInstance(identifier);
		if (database.isNative) throw notImplemented("A stop or start of the native PostgreSQL, whose owner does that,");
		if (database.status !== from) {
			throw new AwsError("InvalidDBInstanceState", `Instance ${identifier} is not in ${from} state.`);
		}
		begin().catch((error) => log(`The DB instance ${identifier}: ${error}`));
		return { DBInstance: described(to) };
	};

	const identified = { DBInstanceIdentifier: z.string() };
	return queryApi({
		service: "rds",
		version: "2014-10-31",
		namespace: "http://rds.amazonaws.com/doc/2014-10-31/",
		permissions: (name, { DBInstanceIdentifier = "*" }) => [
			{ action: `rds:${name}`, resource: arn(DBInstanceIdentifier) },
		],
		operations: {
			DescribeDBInstances: queryOperation(
				{ DBInstanceIdentifier: z.string().optional() },
				({ DBInstanceIdentifier }) => {
					if (DBInstanceIdentifier !== undefined) requireInstance(DBInstanceIdentifier);
					return { DBInstances: { DBInstance: database.identifier === null ? [] : [described()] } };
				},
			),
			StartDBInstance: queryOperation(identified, ({ DBInstanceIdentifier }) =>
				change(DBInstanceIdentifier, "stopped", "starting", () => database.resume()),
			),
			StopDBInstance: queryOperation(identified, ({ DBInstanceIdentifier }) =>
				change(DBInstanceIdentifier, "available", "stopping", () => database.stop()),
			),
		},
	});
}

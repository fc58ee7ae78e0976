import type { EnvironmentName } from "#lib/environments.ts";

/** A setting that makes a month cheaper, and what the environment gives up for it. */
export interface Choice {
	environment: EnvironmentName;
	/** As Markdown. */
	setting: string;
	givesUp: string;
	/** Settings of the row in `cdk.json` that replace its own. */
	row: { network?: object; database?: object; earlyWarnings?: boolean };
}

export const choices: readonly Choice[] = [
	{
		environment: "prod",
		setting: "`database.multiAz`: `false`",
		givesUp: "the standby in a second zone, which takes over where the first fails",
		row: { database: { multiAz: false } },
	},
	{
		environment: "prod",
		setting: '`network.nat`: `"instance"`',
		givesUp: "a NAT that AWS runs: the instance is yours to patch, and providers are out of reach while it restarts",
		row: { network: { nat: "instance" } },
	},
	{
		environment: "prod",
		setting: "`earlyWarnings`: `false`",
		givesUp: "the alarms that come before something breaks",
		row: { earlyWarnings: false },
	},
	{
		environment: "dev",
		setting: "`database.hours`: weekdays from 08:00 to 18:00",
		givesUp: "answers at night and at weekends",
		row: { database: { hours: { from: "08:00", to: "18:00" } } },
	},
];

type Rows = Record<string, { network?: object; database?: object }>;

/** Returns the table of `cdk.json` with the choice in it. */
export function withChoice<Table extends object>(table: Table, { environment, row }: Choice): Table {
	const { network, database, ...rest } = (table as Rows)[environment] ?? {};
	return {
		...table,
		[environment]: {
			...rest,
			...row,
			network: { ...network, ...row.network },
			database: { ...database, ...row.database },
		},
	};
}

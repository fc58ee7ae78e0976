import { AwsError } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";

export interface Parameter {
	name: string;
	type: "String" | "SecureString";
	value: string;
	version: number;
	/** Milliseconds since 1970. */
	changedAt: number;
}

/** Stores parameters: preset ones in memory only, those put by a call in the state. */
export class Parameters {
	readonly #state: State;
	/** Secrets of the developer who starts the emulator; never written to disk. */
	readonly #preset: ReadonlyMap<string, Parameter>;

	constructor(state: State, preset: Readonly<Record<string, string>> = {}) {
		this.#state = state;
		this.#preset = new Map(
			Object.entries(preset).map(([name, value]) => [
				name,
				{
					name,
					type: "SecureString",
					value,
					version: 1,
					changedAt: state.now(),
				},
			]),
		);
		state.db.exec(`
			create table if not exists parameters (
				name text primary key,
				type text not null,
				value text not null,
				version integer not null,
				changed_at integer not null
			) strict`);
	}

	find(name: string): Parameter | undefined {
		return (
			this.#preset.get(name) ??
			(this.#state
				.sql("select name, type, value, version, changed_at as changedAt from parameters where name = ?")
				.get(name) as Parameter | undefined)
		);
	}

	/** @throws AwsError `ParameterNotFound` */
	parameter(name: string): Parameter {
		const parameter = this.find(name);
		if (!parameter) throw notFound(name);
		return parameter;
	}

	/** Creates the parameter, or with `overwrite` a new version of it. @throws AwsError `ParameterAlreadyExists` */
	put(
		name: string,
		value: string,
		options: { type?: Parameter["type"] | undefined; overwrite: boolean },
	): { version: number } {
		if (this.#preset.has(name)) {
			throw new AwsError(
				"ParameterAlreadyExists",
				`The parameter ${name} was passed to cdk-local at its start: change it there and start again.`,
			);
		}
		return this.#state.transaction(() => {
			const existing = this.find(name);
			if (existing && !options.overwrite) {
				throw new AwsError(
					"ParameterAlreadyExists",
					"The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
				);
			}
			const type = options.type ?? existing?.type;
			if (!type) {
				throw new AwsError("ValidationException", "A parameter type is required when you create a parameter.");
			}
			const version = (existing?.version ?? 0) + 1;
			this.#state
				.sql("insert or replace into parameters (name, type, value, version, changed_at) values (?, ?, ?, ?, ?)")
				.run(name, type, value, version, this.#state.now());
			return { version };
		});
	}

	/** @throws AwsError `ParameterNotFound` */
	delete(name: string): void {
		const { changes } = this.#state.sql("delete from parameters where name = ?").run(name);
		if (changes === 0) throw notFound(name);
	}

	/** Returns the ARN, in which a leading slash of the name is not repeated. */
	arn(name: string): string {
		return this.#state.arn("ssm", `parameter/${name.replace(/^\//, "")}`);
	}
}

const notFound = (name: string) => new AwsError("ParameterNotFound", `There is no parameter ${name}.`);

import { z } from "zod";
import { jsonApi, operation } from "../../endpoint/json-api.ts";
import { type AwsApi, AwsError } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";

interface Parameter {
	name: string;
	type: "String" | "SecureString";
	value: string;
	version: number;
	changedAt: number;
}

const Name = z
	.string()
	.max(1_011)
	.regex(/^[\w./-]+$/, "may have letters, digits and . - _ /");
const WithDecryption = z.boolean().default(false);

/** Parameter Store: what was given at the start, kept in memory only, and what was put since, kept in the state. */
export class Parameters {
	readonly api: AwsApi;
	readonly #state: State;
	/** Secrets of whoever runs the cloud; never written anywhere. */
	readonly #given: ReadonlyMap<string, Parameter>;

	constructor(state: State, given: Readonly<Record<string, string>> = {}) {
		this.#state = state;
		this.#given = new Map(
			Object.entries(given).map(([name, value]) => [
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
		this.api = jsonApi({
			service: "ssm",
			target: "AmazonSSM",
			version: "1.1",
			permissions: (name, input: { Name?: string; Names?: string[] }) =>
				(input.Names ?? [input.Name ?? ""]).map((parameter) => ({
					action: `ssm:${name}`,
					resource: this.#arn(parameter),
				})),
			operations: {
				GetParameter: operation({ Name, WithDecryption }, (input) => {
					const found = this.#find(input.Name);
					if (!found) throw notFound(input.Name);
					return { Parameter: this.#describe(found, input.WithDecryption) };
				}),
				GetParameters: operation(
					{ Names: z.array(Name).min(1).max(10), WithDecryption },
					(input) => {
						const found = input.Names.flatMap((name) => this.#find(name) ?? []);
						return {
							Parameters: found.map((one) =>
								this.#describe(one, input.WithDecryption),
							),
							InvalidParameters: input.Names.filter(
								(name) => !this.#find(name),
							),
						};
					},
				),
				PutParameter: operation(
					{
						Name,
						Value: z.string().min(1).max(4_096),
						Type: z.enum(["String", "SecureString"]).optional(),
						Overwrite: z.boolean().default(false),
					},
					(input) => this.#put(input),
				),
				DeleteParameter: operation({ Name }, (input) => {
					const { changes } = this.#state
						.sql("delete from parameters where name = ?")
						.run(input.Name);
					if (changes === 0) throw notFound(input.Name);
				}),
			},
		});
	}

	#find(name: string): Parameter | undefined {
		return (
			this.#given.get(name) ??
			(this.#state
				.sql(
					"select name, type, value, version, changed_at as changedAt from parameters where name = ?",
				)
				.get(name) as Parameter | undefined)
		);
	}

	#put(input: {
		Name: string;
		Value: string;
		Type?: Parameter["type"] | undefined;
		Overwrite: boolean;
	}) {
		if (this.#given.has(input.Name)) {
			throw new AwsError(
				"ParameterAlreadyExists",
				`The parameter ${input.Name} was given to the local cloud when it started (from .env): change it there and start again.`,
			);
		}
		return this.#state.transaction(() => {
			const known = this.#find(input.Name);
			if (known && !input.Overwrite) {
				throw new AwsError(
					"ParameterAlreadyExists",
					"The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
				);
			}
			const type = input.Type ?? known?.type;
			if (!type) {
				throw new AwsError(
					"ValidationException",
					"A parameter type is required when you create a parameter.",
				);
			}
			const version = (known?.version ?? 0) + 1;
			this.#state
				.sql(
					"insert or replace into parameters (name, type, value, version, changed_at) values (?, ?, ?, ?, ?)",
				)
				.run(input.Name, type, input.Value, version, this.#state.now());
			return { Version: version, Tier: "Standard" };
		});
	}

	/** A name that begins with a slash does not have it twice there. */
	#arn(name: string): string {
		return this.#state.arn("ssm", `parameter/${name.replace(/^\//, "")}`);
	}

	#describe(parameter: Parameter, withDecryption: boolean) {
		const { name, type, value, version, changedAt } = parameter;
		return {
			Name: name,
			Type: type,
			// AWS answers the ciphertext to whoever does not ask for the text.
			Value:
				type === "String" || withDecryption
					? value
					: Buffer.from(`not decrypted: ${name}`).toString("base64"),
			Version: version,
			LastModifiedDate: changedAt / 1_000,
			ARN: this.#arn(name),
			DataType: "text",
		};
	}
}

const notFound = (name: string) =>
	new AwsError("ParameterNotFound", `There is no parameter ${name}.`);

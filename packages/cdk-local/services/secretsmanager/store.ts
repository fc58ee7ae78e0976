import { randomBytes, randomUUID } from "node:crypto";
import { z } from "zod";
import { jsonApi, operation } from "../../endpoint/json-api.ts";
import { type AwsApi, AwsError } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";

interface Secret {
	arn: string;
	name: string;
	createdAt: number;
}

interface Version {
	id: string;
	value: string;
	createdAt: number;
	stages: string[];
}

const SecretId = z.string().min(1);
const newValue = {
	SecretId,
	SecretString: z.string().min(1).max(65_536).optional(),
	ClientRequestToken: z.string().min(32).max(64).optional(),
};

/** The secrets; the current and the previous value of each. */
export class Secrets {
	readonly api: AwsApi;
	readonly #state: State;

	constructor(state: State) {
		this.#state = state;
		state.db.exec(`
			create table if not exists secrets (
				arn text primary key,
				name text not null unique,
				created_at integer not null
			) strict;
			create table if not exists secret_versions (
				secret text not null references secrets (arn),
				id text not null,
				value text not null,
				stage text check (stage in ('AWSCURRENT', 'AWSPREVIOUS')),
				created_at integer not null,
				primary key (secret, id)
			) strict;
			create unique index if not exists secret_versions_by_stage on secret_versions (secret, stage)`);
		const write = operation(newValue, (input) => {
			if (input.SecretString === undefined) {
				throw new AwsError(
					"InvalidRequestException",
					"You must provide SecretString.",
				);
			}
			const secret = this.#find(input.SecretId);
			const id = this.#put(
				secret,
				input.SecretString,
				input.ClientRequestToken ?? randomUUID(),
			);
			return { ARN: secret.arn, Name: secret.name, VersionId: id };
		});
		this.api = jsonApi({
			service: "secretsmanager",
			target: "secretsmanager",
			version: "1.1",
			permissions: (name, { SecretId }: { SecretId?: string }) => [
				{
					action: `secretsmanager:${name}`,
					resource: SecretId === undefined ? "*" : this.#arn(SecretId),
				},
			],
			operations: {
				GetSecretValue: operation(
					{
						SecretId,
						VersionId: z.string().optional(),
						VersionStage: z.string().optional(),
					},
					(input) => this.#getValue(input),
				),
				DescribeSecret: operation({ SecretId }, (input) =>
					this.#describe(this.#find(input.SecretId)),
				),
				ListSecrets: operation({}, () => ({
					SecretList: (
						this.#state
							.sql(`${selectSecret} order by name`)
							.all() as unknown as Secret[]
					).map((secret) => this.#describe(secret)),
				})),
				PutSecretValue: write,
				UpdateSecret: write,
			},
		});
	}

	/** Creates the secret with what `generate` gives; an existing one keeps its value. */
	ensure(name: string, generate: () => string): { arn: string } {
		return this.#state.transaction(() => {
			const found = this.#state
				.sql(`${selectSecret} where name = ?`)
				.get(name) as unknown as Secret | undefined;
			if (found) return { arn: found.arn };
			const suffix = randomBytes(3).toString("hex");
			const arn = this.#state.arn("secretsmanager", `secret:${name}-${suffix}`);
			const secret = { arn, name, createdAt: this.#state.now() };
			this.#state
				.sql("insert into secrets values (?, ?, ?)")
				.run(arn, name, secret.createdAt);
			this.#put(secret, generate(), randomUUID());
			return { arn };
		});
	}

	/** The current value, by ARN or name. @throws AwsError `ResourceNotFoundException` */
	value(id: string): string {
		return this.#getValue({ SecretId: id }).SecretString;
	}

	#getValue(input: {
		SecretId: string;
		VersionId?: string | undefined;
		VersionStage?: string | undefined;
	}) {
		const secret = this.#find(input.SecretId);
		const stage =
			input.VersionStage ?? (input.VersionId ? undefined : "AWSCURRENT");
		const version = this.#versions(secret).find(
			(each) =>
				(!stage || each.stages.includes(stage)) &&
				(!input.VersionId || each.id === input.VersionId),
		);
		if (!version) {
			throw new AwsError(
				"ResourceNotFoundException",
				`Secrets Manager can't find the specified secret value for ${stage ? `staging label: ${stage}` : `VersionId: ${input.VersionId}`}`,
			);
		}
		return {
			ARN: secret.arn,
			Name: secret.name,
			VersionId: version.id,
			SecretString: version.value,
			VersionStages: version.stages,
			CreatedDate: version.createdAt / 1_000,
		};
	}

	#find(id: string): Secret {
		const secret = this.#lookUp(id);
		if (secret) return secret;
		throw new AwsError(
			"ResourceNotFoundException",
			"Secrets Manager can't find the specified secret.",
		);
	}

	/** By ARN or name; that of a secret which does not exist ends without the six signs by chance. */
	#arn(id: string): string {
		if (id.startsWith("arn:")) return id;
		return (
			this.#lookUp(id)?.arn ?? this.#state.arn("secretsmanager", `secret:${id}`)
		);
	}

	#lookUp(id: string): Secret | undefined {
		return this.#state
			.sql(`${selectSecret} where arn = ? or name = ?`)
			.get(id, id) as unknown as Secret | undefined;
	}

	#versions(secret: Secret): Version[] {
		const rows = this.#state
			.sql(
				"select id, value, stage, created_at as createdAt from secret_versions where secret = ?",
			)
			.all(secret.arn) as unknown as (Omit<Version, "stages"> & {
			stage: string | null;
		})[];
		return rows.map(({ stage, ...version }) => ({
			...version,
			stages: stage ? [stage] : [],
		}));
	}

	/** A repeated request token with the same value changes nothing. */
	#put(secret: Secret, value: string, id: string): string {
		return this.#state.transaction(() => {
			const same = this.#versions(secret).find((version) => version.id === id);
			if (same) {
				if (same.value === value) return id;
				throw new AwsError(
					"ResourceExistsException",
					`A version with the ClientRequestToken ${id} and another value already exists.`,
				);
			}
			const stage = (from: string, to: string | null) =>
				this.#state
					.sql(
						"update secret_versions set stage = ? where secret = ? and stage = ?",
					)
					.run(to, secret.arn, from);
			stage("AWSPREVIOUS", null);
			stage("AWSCURRENT", "AWSPREVIOUS");
			this.#state
				.sql(
					"insert into secret_versions (secret, id, value, stage, created_at) values (?, ?, ?, 'AWSCURRENT', ?)",
				)
				.run(secret.arn, id, value, this.#state.now());
			return id;
		});
	}

	#describe(secret: Secret) {
		return {
			ARN: secret.arn,
			Name: secret.name,
			CreatedDate: secret.createdAt / 1_000,
			VersionIdsToStages: Object.fromEntries(
				this.#versions(secret)
					.filter((version) => version.stages.length > 0)
					.map((version) => [version.id, version.stages]),
			),
		};
	}
}

const selectSecret = "select arn, name, created_at as createdAt from secrets";

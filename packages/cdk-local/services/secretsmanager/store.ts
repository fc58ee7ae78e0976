import { randomBytes, randomUUID } from "node:crypto";
import { AwsError } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";

export interface Secret {
	arn: string;
	name: string;
	/** Milliseconds since 1970. */
	createdAt: number;
}

interface SecretVersion {
	id: string;
	value: string;
	/** Milliseconds since 1970. */
	createdAt: number;
	stages: string[];
}

const selectSecret = "select arn, name, created_at as createdAt from secrets";

/** Stores secrets, each with its current and its previous value. */
export class Secrets {
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
	}

	/** Creates the secret with the value `generate` returns; an existing secret keeps its value. */
	ensure(name: string, generate: () => string, versionId: string = randomUUID()): { arn: string } {
		return this.#state.transaction(() => {
			const existing = this.#state.sql(`${selectSecret} where name = ?`).get(name) as unknown as Secret | undefined;
			if (existing) return { arn: existing.arn };
			const suffix = randomBytes(3).toString("hex");
			const arn = this.#state.arn("secretsmanager", `secret:${name}-${suffix}`);
			const secret = { arn, name, createdAt: this.#state.now() };
			this.#state.sql("insert into secrets values (?, ?, ?)").run(arn, name, secret.createdAt);
			this.put(secret, generate(), versionId);
			return { arn };
		});
	}

	/** Returns the current value, by ARN or name. @throws AwsError `ResourceNotFoundException` */
	value(id: string): string {
		return this.version(this.secret(id)).value;
	}

	/** Finds a secret by ARN or name. @throws AwsError `ResourceNotFoundException` */
	secret(id: string): Secret {
		const secret = this.#find(id);
		if (secret) return secret;
		throw new AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
	}

	list(): Secret[] {
		return this.#state.sql(`${selectSecret} order by name`).all() as unknown as Secret[];
	}

	/** Finds a version by id, stage or both, by default the current one. @throws AwsError `ResourceNotFoundException` */
	version(secret: Secret, { id, stage }: { id?: string | undefined; stage?: string | undefined } = {}): SecretVersion {
		const wantedStage = stage ?? (id ? undefined : "AWSCURRENT");
		const version = this.versions(secret).find(
			(candidate) => (!wantedStage || candidate.stages.includes(wantedStage)) && (!id || candidate.id === id),
		);
		if (version) return version;
		throw new AwsError(
			"ResourceNotFoundException",
			`Secrets Manager can't find the specified secret value for ${wantedStage ? `staging label: ${wantedStage}` : `VersionId: ${id}`}`,
		);
	}

	versions(secret: Secret): SecretVersion[] {
		const rows = this.#state
			.sql("select id, value, stage, created_at as createdAt from secret_versions where secret = ?")
			.all(secret.arn) as unknown as (Omit<SecretVersion, "stages"> & {
			stage: string | null;
		})[];
		return rows.map(({ stage, ...version }) => ({
			...version,
			stages: stage ? [stage] : [],
		}));
	}

	/** Returns the ARN for an ARN or a name. The ARN of a missing secret lacks the six random characters. */
	arn(id: string): string {
		if (id.startsWith("arn:")) return id;
		return this.#find(id)?.arn ?? this.#state.arn("secretsmanager", `secret:${id}`);
	}

	/** Makes the value current. A repeated version id with the same value changes nothing. @throws AwsError `ResourceExistsException` */
	put(secret: Secret, value: string, versionId: string): void {
		this.#state.transaction(() => {
			const existing = this.versions(secret).find(({ id }) => id === versionId);
			if (existing) {
				if (existing.value === value) return;
				throw new AwsError(
					"ResourceExistsException",
					`A version with the ClientRequestToken ${versionId} and another value already exists.`,
				);
			}
			const moveStage = (from: string, to: string | null) =>
				this.#state
					.sql("update secret_versions set stage = ? where secret = ? and stage = ?")
					.run(to, secret.arn, from);
			moveStage("AWSPREVIOUS", null);
			moveStage("AWSCURRENT", "AWSPREVIOUS");
			this.#state
				.sql("insert into secret_versions (secret, id, value, stage, created_at) values (?, ?, ?, 'AWSCURRENT', ?)")
				.run(secret.arn, versionId, value, this.#state.now());
		});
	}

	#find(id: string): Secret | undefined {
		return this.#state.sql(`${selectSecret} where arn = ? or name = ?`).get(id, id) as unknown as Secret | undefined;
	}
}

import { randomUUID } from "node:crypto";
import { z } from "zod";
import { jsonApi, operation } from "../../endpoint/json-api.ts";
import { type AwsApi, AwsError } from "../../endpoint/types.ts";
import type { Secret, Secrets } from "./store.ts";

const SecretId = z.string().min(1);

/** Serves Secrets Manager's JSON protocol over the secrets. */
export function secretsManagerApi(secrets: Secrets): AwsApi {
	const write = operation(
		{
			SecretId,
			SecretString: z.string().min(1).max(65_536).optional(),
			ClientRequestToken: z.string().min(32).max(64).optional(),
		},
		(input) => {
			if (input.SecretString === undefined) {
				throw new AwsError("InvalidRequestException", "You must provide SecretString.");
			}
			const secret = secrets.secret(input.SecretId);
			const versionId = input.ClientRequestToken ?? randomUUID();
			secrets.put(secret, input.SecretString, versionId);
			return { ARN: secret.arn, Name: secret.name, VersionId: versionId };
		},
	);
	return jsonApi({
		service: "secretsmanager",
		target: "secretsmanager",
		version: "1.1",
		permissions: (name, { SecretId }: { SecretId?: string }) => [
			{
				action: `secretsmanager:${name}`,
				resource: SecretId === undefined ? "*" : secrets.arn(SecretId),
			},
		],
		operations: {
			GetSecretValue: operation(
				{
					SecretId,
					VersionId: z.string().optional(),
					VersionStage: z.string().optional(),
				},
				(input) => {
					const secret = secrets.secret(input.SecretId);
					const version = secrets.version(secret, {
						id: input.VersionId,
						stage: input.VersionStage,
					});
					return {
						ARN: secret.arn,
						Name: secret.name,
						VersionId: version.id,
						SecretString: version.value,
						VersionStages: version.stages,
						CreatedDate: version.createdAt / 1_000,
					};
				},
			),
			DescribeSecret: operation({ SecretId }, (input) => describe(secrets, secrets.secret(input.SecretId))),
			ListSecrets: operation({}, () => ({
				SecretList: secrets.list().map((secret) => describe(secrets, secret)),
			})),
			PutSecretValue: write,
			UpdateSecret: write,
		},
	});
}

function describe(secrets: Secrets, secret: Secret) {
	return {
		ARN: secret.arn,
		Name: secret.name,
		CreatedDate: secret.createdAt / 1_000,
		VersionIdsToStages: Object.fromEntries(
			secrets
				.versions(secret)
				.filter(({ stages }) => stages.length > 0)
				.map(({ id, stages }) => [id, stages]),
		),
	};
}

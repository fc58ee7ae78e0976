import type { AwsService } from "../service.ts";
import { secretsManagerApi } from "./api.ts";
import { secret, secretAttachment } from "./resource.ts";

export const secretsManager: AwsService = {
	name: "secretsmanager",
	resources: { "AWS::SecretsManager::Secret": secret, "AWS::SecretsManager::SecretTargetAttachment": secretAttachment },
	api: ({ secrets }) => secretsManagerApi(secrets),
};

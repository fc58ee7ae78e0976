import type { AwsService } from "../service.ts";
import { rdsApi } from "./api.ts";
import { dbInstance } from "./resource.ts";

export const rds: AwsService = {
	name: "rds",
	resources: { "AWS::RDS::DBInstance": dbInstance },
	api: rdsApi,
};

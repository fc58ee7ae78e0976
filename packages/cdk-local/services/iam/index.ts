import type { AwsService } from "../service.ts";
import { policy, role } from "./resource.ts";

export const iam: AwsService = {
	name: "iam",
	resources: { "AWS::IAM::Policy": policy, "AWS::IAM::Role": role },
};

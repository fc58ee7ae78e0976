import type { AwsService } from "../service.ts";
import { s3Api } from "./api.ts";
import { bucket, bucketPolicy } from "./resource.ts";

export const s3: AwsService = {
	name: "s3",
	resources: {
		"AWS::S3::Bucket": bucket,
		"AWS::S3::BucketPolicy": bucketPolicy,
	},
	api: ({ state, buckets }) => s3Api(buckets, state),
};

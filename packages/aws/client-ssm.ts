// Imported lazily the package itself would bring all of its commands, 206 KB; of this comes what is named.
export {
	GetParameterCommand,
	ParameterNotFound,
	SSMClient,
} from "@aws-sdk/client-ssm";

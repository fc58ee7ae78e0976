import { useLanguage } from "#web/i18n/i18n.tsx";
import type { ButtonLook } from "#web/ui/button.tsx";
import { FileButton } from "#web/ui/file-button.tsx";
import { acceptedTypes } from "./picked-files.ts";
import { usePickFiles } from "./use-picked-files.ts";

export function UploadButton({ look = "primary", wide }: { look?: ButtonLook; wide?: boolean }) {
	const { t } = useLanguage();
	return (
		<FileButton accept={acceptedTypes} onChoose={usePickFiles()} look={look} wide={wide}>
			{t("upload.action")}
		</FileButton>
	);
}

"""Reads bills of materials with programs of others, and prints what they found: a line of JSON for each file.

read-sboms.py spdx-tools|lib4sbom <file>...
"""

import json
import sys


def spdx_tools(path):
    from spdx_tools.spdx.model import ExternalPackageRefCategory
    from spdx_tools.spdx.parser.error import SPDXParsingError
    from spdx_tools.spdx.parser.parse_anything import parse_file
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

    try:
        document = parse_file(path)
    except SPDXParsingError as error:
        return {"problems": error.get_messages()}
    problems = [message.validation_message for message in validate_full_spdx_document(document)]
    packages = [
        {
            "name": package.name,
            "version": package.version,
            "purls": [
                reference.locator
                for reference in package.external_references
                if reference.category == ExternalPackageRefCategory.PACKAGE_MANAGER
            ],
        }
        for package in document.packages
    ]
    return {"problems": problems, "packages": packages, "relationships": len(document.relationships)}


def lib4sbom(path):
    from lib4sbom.parser import SBOMParser
    from lib4sbom.validator import SBOMValidator

    kind, version = ("spdx", "2.3") if path.endswith(".spdx.json") else ("cyclonedx", "1.6")
    verdict = SBOMValidator(sbom_type=kind, version=version).validate_file(path)
    if version not in verdict.values():
        return {"problems": ["not valid by its schema"]}
    parser = SBOMParser()
    parser.parse_file(path)
    packages = [
        {
            "name": package["name"],
            "version": package.get("version"),
            "purls": [locator for _, reference, locator in package.get("externalreference", []) if reference == "purl"],
        }
        for package in parser.get_packages()
    ]
    return {"problems": [], "packages": packages, "relationships": len(parser.get_relationships())}


readers = {"spdx-tools": spdx_tools, "lib4sbom": lib4sbom}

if __name__ == "__main__":
    for path in sys.argv[2:]:
        print(json.dumps(readers[sys.argv[1]](path)))

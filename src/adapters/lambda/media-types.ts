/** Tells whether content of this type is text. */
export type MediaTypes = (mediaType: string) => boolean;

const TEXT =
  /^(?:text\/.*|application\/(?:json|xml|javascript|ecmascript|x-javascript|x-www-form-urlencoded|graphql|x-ndjson|yaml|toml)|.*\+(?:json|xml|yaml))$/;

/**
 * Media types that are text, and these.
 *
 * @throws {TypeError} for what is no media type.
 */
export function mediaTypes(further: readonly string[]): MediaTypes {
  const wrong = further.find((type) => !/^[^\s/;]+\/(?:\*|[^\s/;*]+)$/.test(type));
  if (wrong !== undefined) {
    throw new TypeError(
      `toLambda option 'textTypes' has '${wrong}'; expected media types such as 'model/obj' or 'model/*'`,
    );
  }
  const exact = new Set(further.map((type) => type.toLowerCase()));
  return (mediaType) =>
    TEXT.test(mediaType) ||
    exact.has(mediaType) ||
    exact.has(`${mediaType.slice(0, mediaType.indexOf('/'))}/*`);
}

/** The media type of a Content-Type, in lower case. (RFC 9110 §8.3.1) */
export function mediaTypeOf(contentType: string): string {
  return (/^[^;]*/.exec(contentType)?.[0] ?? '').trim().toLowerCase();
}

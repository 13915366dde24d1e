/**
 * An application that is a function of AWS Lambda as well: behind API Gateway, a load balancer or a function
 * URL. Bundle it, and name `lambda.handler` as the function's handler.
 *
 *     npx esbuild examples/lambda.ts --bundle --platform=node --format=esm --outfile=lambda.mjs
 *
 * In this process, and on any server, it is the same application.
 */
import type { Application } from 'wizgi';
import { type LambdaContext, toLambda } from 'wizgi/lambda';

export const application: Application = (environ, startResponse) => {
  const context = environ['wizgi.lambda.context'] as LambdaContext | undefined;
  startResponse('200 OK', [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Set-Cookie', 'visited=1; Path=/'],
    ['Set-Cookie', 'theme=dark; Path=/'],
  ]);
  return [
    context === undefined ? 'On a server' : `In a function, request ${context.awsRequestId}`,
    `: ${environ.SCRIPT_NAME}${environ.PATH_INFO}\n`,
  ];
};

export const handler = toLambda(application);

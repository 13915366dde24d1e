/** Tomcat as an AJP upstream: a servlet container in a folder of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { until } from '../http/kit.ts';
import { find } from './components.ts';

export interface Tomcat {
  readonly port: number;
  /** A line for each request: method, path and status. */
  accessLog(): string;
  close(): Promise<void>;
}

/** Tells what it was asked, as text; what it reads and sends besides is up to the query. */
const ECHO = `<%@page session="false" contentType="text/plain; charset=ISO-8859-1"
 import="java.io.*,java.util.*" trimDirectiveWhitespaces="true"%><%
  String wanted = request.getParameterMap().isEmpty() ? "" : request.getQueryString();
  if (wanted.startsWith("throw")) throw new RuntimeException("on purpose");
  if (wanted.startsWith("error")) { response.sendError(410, "Gone Fishing"); return; }
  if (wanted.startsWith("redirect")) { response.sendRedirect("elsewhere"); return; }
  if (wanted.startsWith("unread")) { out.print("unread"); return; }
  InputStream input = request.getInputStream();
  byte[] buffer = new byte[10000];
  long size = 0;
  StringBuilder start = new StringBuilder();
  for (int read = input.read(buffer); read >= 0; read = input.read(buffer)) {
    if (size < 1000) start.append(new String(buffer, 0, Math.min(read, 1000), "ISO-8859-1"));
    size += read;
  }
  response.addHeader("X-Twice", "one");
  response.addHeader("X-Twice", "two");
  if (wanted.startsWith("go")) application.setAttribute("go", "yes");
  if (wanted.startsWith("large")) {
    for (int line = 0; line < 20000; line++) out.println("0123456789 0123456789 0123456789");
    return;
  }
  if (wanted.startsWith("flush")) {
    for (int block = 0; block < 3; block++) {
      out.print("<" + block + ">");
      out.flush();
      while (application.getAttribute("go") == null && block == 0) Thread.sleep(10);
    }
    return;
  }
  out.println("method " + request.getMethod());
  out.println("uri " + request.getRequestURI());
  out.println("query " + request.getQueryString());
  out.println("scheme " + request.getScheme() + " " + request.isSecure());
  out.println("server " + request.getServerName() + " " + request.getServerPort());
  out.println("remote " + request.getRemoteAddr() + " " + (request.getRemotePort() > 0));
  out.println("user " + request.getRemoteUser());
  out.println("length " + request.getContentLengthLong() + " " + size);
  out.println("body " + start);
  for (String name : Collections.list(request.getHeaderNames())) {
    for (String value : Collections.list(request.getHeaders(name))) {
      out.println("header " + name + ": " + value);
    }
  }
%>`;

const WEB = `<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="5.0">
  <servlet>
    <servlet-name>jsp</servlet-name>
    <servlet-class>org.apache.jasper.servlet.JspServlet</servlet-class>
  </servlet>
  <servlet-mapping><servlet-name>jsp</servlet-name><url-pattern>/*</url-pattern></servlet-mapping>
</web-app>`;

/** Port 0 is told in the log. */
const settings = (secret: string) => `<Server port="-1">
  <Service name="Catalina">
    <Connector protocol="AJP/1.3" address="127.0.0.1" port="0" tomcatAuthentication="false"
      secret="${secret}" />
    <Engine name="Catalina" defaultHost="localhost">
      <Host name="localhost" appBase="webapps" deployOnStartup="false" autoDeploy="false">
        <Valve className="org.apache.catalina.valves.AccessLogValve" prefix="access" suffix=".log"
          rotatable="false" buffered="false" pattern="%m %U %s" />
        <Context path="" docBase="echo" />
      </Host>
    </Engine>
  </Service>
</Server>`;

/** Starts a Tomcat. Its answers come from `/echo.jsp`. */
export async function startTomcat(secret: string): Promise<Tomcat> {
  const base = mkdtempSync(join(tmpdir(), 'wizgi-test-'));
  const write = (path: string, text: string) => {
    mkdirSync(join(base, dirname(path)), { recursive: true });
    writeFileSync(join(base, path), text);
  };
  write('conf/server.xml', settings(secret));
  write('webapps/echo/WEB-INF/web.xml', WEB);
  write('webapps/echo/echo.jsp', ECHO);
  mkdirSync(join(base, 'temp'));
  const home = dirname(dirname(find('catalina.sh') ?? ''));
  const classes = ['bootstrap.jar', 'tomcat-juli.jar'].map((jar) => join(home, 'bin', jar));
  const child = spawn(
    'java',
    [
      ...['-cp', classes.join(':'), `-Dcatalina.home=${home}`, `-Dcatalina.base=${base}`],
      ...[`-Djava.io.tmpdir=${join(base, 'temp')}`, '-XX:TieredStopAtLevel=1'],
      ...['org.apache.catalina.startup.Bootstrap', 'start'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended = once(child, 'exit');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      output += data.toString('latin1');
    });
  }
  const close = async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(base, { recursive: true, force: true });
  };
  const listening = () => {
    if (child.exitCode !== null) throw new Error(`Tomcat ended: ${output}`);
    return output.includes('Server startup') ? LISTENING.exec(output) : null;
  };
  try {
    const match = await until('Tomcat to listen', listening, 60_000);
    const accessLog = () => readFileSync(join(base, 'logs/access.log'), 'latin1');
    return { port: Number(match[1]), accessLog, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const LISTENING = /ProtocolHandler \["ajp-nio-127\.0\.0\.1-auto-\d+-(\d+)"\]/;

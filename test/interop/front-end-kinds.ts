/** How each web server is started in a folder of its own, in the foreground and without privileges. */
import { existsSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Component } from './components.ts';

export type FrontEndName = 'nginx' | 'apache' | 'lighttpd' | 'haproxy';

/** A text that a configuration has, and what stands for it on this machine. */
export type Replacement = readonly [string, string];

export interface FrontEndKind {
  readonly component: Component;
  /** Has it listen on this port of 127.0.0.1 instead of port 80. */
  listening(port: number): Replacement;
  /** Writes what it needs to be started with a configuration; gives the arguments. */
  prepare(folder: string, configuration: string, port: number): string[];
}

/** Where a Unix of Debian's family keeps what comes with its web servers. */
const APACHE_MODULES = '/usr/lib/apache2/modules';
const NGINX_SETTINGS = '/etc/nginx';

/** The modules that Debian's Apache has switched on as it is installed, as far as they matter. */
const APACHE_DEFAULTS = [
  'mpm_event',
  'authz_core',
  'authz_host',
  'alias',
  'dir',
  'env',
  'filter',
  'reqtimeout',
  'setenvif',
];

const privileged = process.getuid?.() === 0;

export const frontEndKinds: Readonly<Record<FrontEndName, FrontEndKind>> = {
  nginx: {
    component: 'nginx',
    listening: (port) => ['listen 80;', `listen 127.0.0.1:${port};`],
    prepare(folder, configuration) {
      const files = existsSync(NGINX_SETTINGS) ? readdirSync(NGINX_SETTINGS) : [];
      for (const name of files.filter((file) => file.endsWith('_params'))) {
        symlinkSync(join(NGINX_SETTINGS, name), join(folder, name));
      }
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (name) => `${name}_temp_path ${folder}/${name};`,
      );
      return [
        '-p',
        folder,
        '-c',
        write(
          folder,
          'nginx.conf',
          `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
          events { worker_connections 512; }
          http { access_log off; ${temporary.join(' ')}
          ${configuration}
          }`,
        ),
      ];
    },
  },

  apache: {
    component: 'apache2',
    listening: (port) => ['<VirtualHost *:80>', `<VirtualHost 127.0.0.1:${port}>`],
    prepare(folder, configuration, port) {
      // What its first lines tell the reader to switch on is what is switched on here.
      const enabled = /^# +a2enmod (.*)$/m.exec(configuration)?.[1]?.split(' ') ?? [];
      const modules = [...APACHE_DEFAULTS, ...enabled].map(
        (name) => `LoadModule ${name}_module ${APACHE_MODULES}/mod_${name}.so`,
      );
      return [
        '-D',
        'FOREGROUND',
        '-f',
        write(
          folder,
          'apache.conf',
          `${modules.join('\n')}
          ServerRoot ${folder}
          DefaultRuntimeDir ${folder}
          DocumentRoot ${folder}
          PidFile ${folder}/pid
          ServerName localhost
          Listen 127.0.0.1:${port}
          ErrorLog /dev/stderr
          LogLevel notice
          StartServers 1
          ServerLimit 4
          MaxRequestWorkers 100
          GracefulShutdownTimeout 1
          KeepAliveTimeout 100ms
          ${privileged ? 'User www-data\nGroup www-data' : ''}
          ${enabled.map((name) => apacheFiles(name, folder)).join('\n')}
          ${configuration}`,
        ),
      ];
    },
  },

  lighttpd: {
    component: 'lighttpd',
    listening: (port) => ['server.port = 80', `server.bind = "127.0.0.1"\nserver.port = ${port}`],
    prepare: (folder, configuration) => [
      '-D',
      '-f',
      write(
        folder,
        'lighttpd.conf',
        `server.document-root = "${folder}"
        server.upload-dirs = ( "${folder}" )
        server.max-keep-alive-idle = 1
        ${configuration}`,
      ),
    ],
  },

  haproxy: {
    component: 'haproxy',
    listening: (port) => ['bind :80', `bind 127.0.0.1:${port}`],
    prepare: (folder, configuration) => [
      '-db',
      '-f',
      write(folder, 'haproxy.cfg', `global\n    log stderr format raw local0\n\n${configuration}`),
    ],
  },
};

/** Where a module of Apache keeps its files, which Debian's own configuration says too. */
function apacheFiles(module: string, folder: string): string {
  switch (module) {
    case 'jk':
      return `JkShmFile ${folder}/jk.shm\nJkLogFile ${folder}/jk.log`;
    case 'fcgid':
      return `FcgidIPCDir ${folder}/fcgid\nFcgidProcessTableFile ${folder}/fcgid.shm`;
    default:
      return '';
  }
}

function write(folder: string, name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

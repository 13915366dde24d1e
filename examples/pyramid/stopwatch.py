"""A filter for PasteDeploy: says in a header how long the application took to begin its answer."""
import time


def filter_factory(global_config, header='X-Seconds'):
    def filter(application):
        def timed(environ, start_response):
            began = time.perf_counter()

            def start_timed_response(status, headers, exc_info=None):
                seconds = f'{time.perf_counter() - began:.6f}'
                return start_response(status, headers + [(header, seconds)], exc_info)

            return application(environ, start_timed_response)

        return timed

    return filter

from django.contrib import messages
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from .forms import DocumentForm
from .models import Document


def index(request):
    """Lists the documents; the form adds one."""
    form = DocumentForm(request.POST or None, request.FILES or None)
    if request.method == 'POST' and form.is_valid():
        document = form.save()
        messages.success(request, f'{document.title} was added.')
        return redirect('index')
    request.session['visits'] = request.session.get('visits', 0) + 1
    documents = Document.objects.exclude(file='')
    return render(request, 'library/index.html', {'documents': documents, 'form': form})


def download(request, pk):
    """Sends a document's file."""
    document = get_object_or_404(Document.objects.exclude(file=''), pk=pk)
    return FileResponse(document.file.open(), as_attachment=True)


def export(request):
    """Writes a line for each document, as the database yields them."""
    lines = (f'{document.pk},{document.title}\n' for document in Document.objects.iterator())
    return StreamingHttpResponse(lines, content_type='text/csv; charset=utf-8')


def greet(request, name):
    """Greets in the way that the query asks for."""
    greeting = request.GET.get('greeting', 'Hello')
    response = HttpResponse(f'{greeting}, {name}!', content_type='text/plain; charset=utf-8')
    response.set_cookie('name', 'greeted')
    response.set_cookie('greeting', 'said', httponly=True)
    return response
